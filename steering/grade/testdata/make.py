"""Writes expected.jsonl and verdicts.jsonl: what math-verify says about outputs beside targets.

    pip install math-verify==0.9.0 latex2sympy2_extended==1.11.0 sympy==1.14.0 antlr4-python3-runtime==4.13.2
    python steering/grade/testdata/make.py EVALS

Run it from the root of the repository. EVALS is a folder with math500/test.jsonl (Hendrycks and
others, by way of PRM800K) and gsm8k/test.jsonl (Cobbe and others).

expected.jsonl has the project's own cases: outputs.jsonl, what the embedded model, plain and
steered, wrote to 60 of its problems (tiller run --prompt QUESTION --json), and edge.jsonl, cases
written by hand. A line has the group, the grader ("math" or "numeric"), the target, the output,
and whether math-verify takes the output to be right.

verdicts.jsonl has the cases made of the two sets: the ends of the sets' own solutions, which
people wrote; their answers in the words of wordings.json, which models put around them; the
answers to other problems; and the same answers written in another way. A line names its case,
as text() reads it, and has no word of the sets. All its numbers count from 1. "sum" begins the
SHA-256 of the target, a zero byte and the output, so that whoever builds the texts anew knows
that they are those judged.
"""

import hashlib
import json
import logging
import re
import sys
from pathlib import Path

from math_verify import parse, verify

HERE = Path("steering/grade/testdata")
logging.disable(logging.CRITICAL)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_sets(evals):
    """Each set's problems: the end of the solution, and the answer."""
    sets = {"math500": [], "gsm8k": []}
    for p in lines(evals / "math500/test.jsonl"):
        end = p["solution"][-200:]
        sets["math500"].append((end if "boxed" in end else p["solution"], p["answer"]))
    for p in lines(evals / "gsm8k/test.jsonl"):
        sets["gsm8k"].append((p["answer"][-160:], p["answer"].split("####")[1].strip()))
    return sets


def other_ways(answer):
    """The answer as another writer would put it, where there is one."""
    out = []
    simple = re.fullmatch(r"(-?)\\d?frac\{(\d+)\}\{(\d+)\}", answer)
    if simple:
        out.append("%s%s/%s" % simple.groups())
        out.append("%s\\dfrac{%s}{%s}" % simple.groups())
        out.append("%s\\frac{%d}{%d}" % (simple[1], 2 * int(simple[2]), 2 * int(simple[3])))
        out.append("%s%.6f" % (simple[1], int(simple[2]) / int(simple[3])))
        out.append("%s%.2f" % (simple[1], int(simple[2]) / int(simple[3]) + 0.02))
    if re.fullmatch(r"-?\d+", answer):
        out += [answer + ".0", "x = " + answer, answer + r"\text{ units}", str(int(answer) + 1), answer + r"\%"]
    if "\\sqrt" in answer:
        out.append(re.sub(r"\\sqrt\{(\w+)\}", r"\\sqrt \1", answer) if re.search(r"\\sqrt\{\w\}", answer) else answer)
        out.append("1 \\cdot " + answer if answer[0] not in "(\\-" else answer)
    if "+" in answer and re.fullmatch(r"[\w\s+^-]+", answer):
        out.append("(" + answer + ")")
        out.append(answer.replace("+", " +  "))
    if answer.startswith("\\left"):
        out.append(answer.replace("\\left", "").replace("\\right", ""))
    if answer.startswith("(") and answer.endswith(")"):
        out.append("\\left" + answer[:-1] + "\\right)")
        out.append("[" + answer[1:-1] + "]")
    if answer.startswith("\\text{"):
        out.append(answer[6:-1])
        out.append("\\textbf{" + answer[6:])
    if "pmatrix" in answer:
        out.append(answer.replace("pmatrix", "bmatrix"))
    if "\\circ" in answer:
        out.append(answer.replace("^\\circ", ""))
        out.append(answer.replace("^\\circ", "\\text{ degrees}"))
    return out


def cases(sets, wordings):
    """Names the cases: without a wording, the end of the solution to the problem of that line;
    else the answer to it, or to the problem of the line "from", perhaps in another way, so worded."""
    for i, (_, answer) in enumerate(sets["math500"]):
        line = {"set": "math500", "line": i + 1}
        worded = {"wording": i % len(wordings["math500"]) + 1}
        yield line | {"case": "solution"}
        yield line | {"case": "in words"} | worded
        yield line | {"case": "another's answer", "from": (7 * i + 3) % len(sets["math500"]) + 1} | worded
        for n in range(len(other_ways(answer))):
            if i % 3 == 0 or "\\" in answer and (i + n) % 2 == 0:
                yield line | {"case": "another way", "way": n + 1, "wording": (i + n) % 3 + 1}
    for i in range(300):
        line = {"set": "gsm8k", "line": i + 1}
        worded = {"wording": i % len(wordings["gsm8k"]) + 1}
        yield line | {"case": "solution"}
        yield line | {"case": "in words"} | worded
        yield line | {"case": "another's answer", "from": (7 * i + 3) % 300 + 1} | worded


def text(case, sets, wordings):
    """The target and the output of a case."""
    problems = sets[case["set"]]
    end, target = problems[case["line"] - 1]
    if "wording" not in case:
        return target, end
    answer = problems[case.get("from", case["line"]) - 1][1]
    if "way" in case:
        answer = other_ways(answer)[case["way"] - 1]
    return target, wordings[case["set"]][case["wording"] - 1].replace("%s", answer)


def judge(grader, target, output):
    gold = parse("$" + target + "$" if grader == "math" else target, parsing_timeout=20)
    got = parse(output, parsing_timeout=20)
    return bool(verify(gold, got, timeout_seconds=20))


def write(name, out):
    with open(HERE / name, "w", encoding="utf-8") as f:
        for line in out:
            f.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(name, len(out), "lines,", sum(line["right"] for line in out), "right")


def main(evals):
    own = [{"group": "embedded model", "grader": "numeric"} | case for case in lines(HERE / "outputs.jsonl")]
    own += [{"group": "edge, " + case["grader"]} | case for case in lines(HERE / "edge.jsonl")]
    write("expected.jsonl", [case | {"right": judge(case["grader"], case["target"], case["output"])} for case in own])

    sets = read_sets(evals)
    wordings = json.loads((HERE / "wordings.json").read_text(encoding="utf-8"))
    out = []
    for case in cases(sets, wordings):
        target, output = text(case, sets, wordings)
        right = judge("math" if case["set"] == "math500" else "numeric", target, output)
        out.append(case | {"right": right, "sum": hashlib.sha256(f"{target}\0{output}".encode()).hexdigest()[:8]})
    write("verdicts.jsonl", out)


main(Path(sys.argv[1]))
