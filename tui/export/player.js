"use strict";
(() => {
  const { strips, frames, markers, end } = JSON.parse(document.getElementById("recording").textContent);
  const at = (id) => document.getElementById(id);
  const places = document.querySelectorAll("#screen .strip");
  const play = at("play"), seek = at("seek"), speed = at("speed");

  // shown and wanted are the state of each place: on the page, and at frame index.
  const wanted = new Array(strips.length).fill(0);
  const shown = new Array(strips.length).fill(-1);
  let index = -1, now = 0, ticked = null;

  function go(frame) {
    if (frame < index) index = -1; // frames hold only what changes
    while (index < frame) {
      const changes = frames[++index].changes;
      for (let i = 0; i < changes.length; i += 2) wanted[changes[i]] = changes[i + 1];
    }
    wanted.forEach((state, i) => {
      if (shown[i] === state) return;
      shown[i] = state;
      places[i].innerHTML = strips[i][state]; // written with all text escaped
    });
  }

  const clock = (s) => Math.floor(s / 60) + ":" + (s % 60).toFixed(1).padStart(4, "0");

  // show brings the page to a time in seconds.
  function show(time) {
    now = Math.min(Math.max(time, 0), end);
    let low = 0, high = frames.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (frames[middle].at <= now) low = middle; else high = middle - 1;
    }
    go(low);
    seek.value = now;
    at("time").textContent = clock(now) + " / " + clock(end);
    markers.forEach((m, i) => {
      const current = m.at <= now && !(i + 1 < markers.length && markers[i + 1].at <= now);
      const button = at("markers").children[i].firstChild;
      if (current) button.setAttribute("aria-current", "step"); else button.removeAttribute("aria-current");
    });
  }

  const playing = () => ticked !== null;

  function tick(stamp) {
    if (!playing()) return;
    show(now + (stamp - ticked) / 1000 * speed.value);
    ticked = stamp;
    if (now >= end) pause(); else requestAnimationFrame(tick);
  }

  function start() {
    if (now >= end) show(0);
    play.textContent = "Pause";
    ticked = performance.now();
    requestAnimationFrame(tick);
  }

  function pause() {
    ticked = null;
    play.textContent = "Play";
  }

  function jump(time) {
    pause();
    show(time);
  }

  // beside is the last of some times before now, or the first after it.
  function beside(times, direction) {
    const others = times.filter((t) => (t - now) * direction > 1e-6);
    return direction < 0 ? others.at(-1) ?? 0 : others[0] ?? end;
  }

  const steps = frames.map((f) => f.at), marks = markers.map((m) => m.at);
  const actions = {
    " ": () => playing() ? pause() : start(),
    ArrowLeft: () => jump(beside(steps, -1)), ArrowRight: () => jump(beside(steps, 1)),
    "[": () => jump(beside(marks, -1)), "]": () => jump(beside(marks, 1)),
    Home: () => jump(0), End: () => jump(end),
  };
  play.onclick = actions[" "];
  at("back").onclick = actions.ArrowLeft;
  at("on").onclick = actions.ArrowRight;
  seek.oninput = () => jump(Number(seek.value));
  document.addEventListener("keydown", (e) => {
    const onControl = e.target.closest("button, select, input");
    if (e.ctrlKey || e.metaKey || e.altKey || !actions[e.key] || onControl && (e.key === " " || e.target === speed)) return;
    e.preventDefault();
    actions[e.key]();
  });

  for (const m of markers) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = clock(m.at) + "  " + m.label;
    button.onclick = () => jump(m.at);
    at("markers").appendChild(document.createElement("li")).appendChild(button);
  }
  seek.max = end;
  at("markers").hidden = markers.length === 0;
  at("controls").hidden = false;
  show(end);
})();
