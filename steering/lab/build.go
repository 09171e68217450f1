package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"tiller/model/checkpoint/atomicfile"
	"tiller/model/kernel"
	"tiller/steering/folderlock"
)

// BuildOptions say what Build makes, and where.
type BuildOptions struct {
	// Dir is the folder to fill. It is new, empty, or what an earlier build
	// with the same recipe left.
	Dir    string
	Recipe Recipe
	// Seed is what the recipe was made from, Command what a person types to
	// build the same again, Tool the code that does, [Tool] for this package;
	// the manifest repeats them.
	Seed    uint64
	Command string
	Tool    string
	// Threads is the number of workers, which changes no result; 0 is one per
	// processor.
	Threads int
	// Force forgets what an earlier build left in Dir.
	Force bool
	// SaveNow, if set, is asked after each step of a training whether to save
	// a checkpoint. An interrupt saves one in any case.
	SaveNow func() bool
	// Progress, if set, is told how far the build is, on the goroutine that
	// called Build.
	Progress func(Progress)
}

// Tool names the code that builds. Its number is raised when a change makes
// other files of the same recipe. The program's own version is not in it, since
// most versions make the same.
const Tool = "tiller lab 1"

// Where a build keeps what it needs to go on.
const (
	stateFolder = ".build"
	stateLock   = "lock"
	stateBuild  = "build.json" // what is being built
	stateNew    = "new"        // the folder of the stage at work
)

// Identity is what has to be equal for two builds to make the same bytes.
type Identity struct {
	Seed   uint64 `json:"seed"`
	Tool   string `json:"tool"`
	Kernel string `json:"kernel"`
	Recipe Recipe `json:"recipe"`
}

// Build makes models, vectors, problems, plans and a manifest, stage by stage.
// What one stage makes is there whole or not at all, and is kept when a later
// one fails: another call goes on from there, after a kill too, and ends in
// the same bytes.
func Build(ctx context.Context, o BuildOptions) (*Manifest, error) {
	if err := o.Recipe.Validate(); err != nil {
		return nil, err
	}
	b := &builder{options: o, recipe: o.Recipe, identity: Identity{o.Seed, o.Tool, kernel.Path(), o.Recipe}}
	manifest, err := b.occupy(ctx)
	if err != nil {
		return nil, err
	}
	defer b.leave()
	if manifest != nil { // of an earlier call that got to the end
		return manifest, nil
	}
	for _, s := range stages() {
		if err := b.stage(ctx, s); err != nil {
			return nil, fmt.Errorf("the stage %s did not get to its end: %w; what was done before it is kept in %s", s.name, err, o.Dir)
		}
	}
	if manifest, err = b.finish(); err != nil {
		return nil, fmt.Errorf("the manifest could not be made: %w; all else is kept in %s", err, o.Dir)
	}
	return manifest, nil
}

// builder is one call of Build.
type builder struct {
	options  BuildOptions
	recipe   Recipe
	identity Identity
	lock     *folderlock.Lock
	at       string // the stage at work
}

// place is a path in the folder that is being filled, given with slashes.
func (b *builder) place(slashed string) string {
	return filepath.Join(b.options.Dir, filepath.FromSlash(slashed))
}

// state is a path in the state folder.
func (b *builder) state(name string) string { return filepath.Join(b.options.Dir, stateFolder, name) }

// folder is what is there so far.
func (b *builder) folder() Folder { return Folder{os.DirFS(b.options.Dir), b.options.Dir} }

// made are the entries of a folder that builds make.
var made = []string{"models", foldVectors, foldSplits, foldPlans, fileManifest, stateFolder}

// occupy makes the folder this build's own, or says why it can't be. It
// returns the manifest if there is nothing left to build.
func (b *builder) occupy(ctx context.Context) (*Manifest, error) {
	if err := b.ours(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(b.state(""), 0o777); err != nil {
		return nil, fmt.Errorf("cannot make the output folder: %w", err)
	}
	var err error
	b.lock, err = folderlock.Take(b.state(stateLock))
	switch {
	case errors.Is(err, folderlock.ErrHeld):
		return nil, fmt.Errorf("another build is at work in %s: wait for it, or name another folder", b.options.Dir)
	case err != nil:
		return nil, fmt.Errorf("cannot build there: %w", err)
	}
	manifest, err := b.resume(ctx)
	if err != nil {
		b.leave()
	}
	return manifest, err
}

// ours refuses a folder with anything that no build makes.
func (b *builder) ours() error {
	entries, err := os.ReadDir(b.options.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot build there: %w", err)
	}
	for _, e := range entries {
		if !slices.Contains(made, e.Name()) {
			return fmt.Errorf("%s holds %q, which no build makes: name a new or an empty folder", b.options.Dir, e.Name())
		}
	}
	if len(entries) == 0 || exists(b.place(fileManifest)) || exists(b.state(stateBuild)) {
		return nil
	}
	// A build that was killed at its very beginning.
	state, err := os.ReadDir(b.state(""))
	if err == nil && len(entries) == 1 && !slices.ContainsFunc(state, func(e fs.DirEntry) bool { return e.Name() != stateLock && !partial(e) }) {
		return nil
	}
	return fmt.Errorf("%s holds %q, but nothing says that a build made it: name a new or an empty folder", b.options.Dir, entries[0].Name())
}

// partial reports whether e is a file that was being written by atomicfile
// when its process was killed.
func partial(e fs.DirEntry) bool {
	return strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), ".part")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// resume finds out what an earlier call left.
func (b *builder) resume(ctx context.Context) (*Manifest, error) {
	if err := b.sweep(partial); err != nil {
		return nil, err
	}
	switch {
	case exists(b.state(stateBuild)):
		return nil, b.proceed()
	case exists(b.place(fileManifest)):
		return b.finished(ctx)
	}
	return nil, b.begin()
}

// proceed goes on with what was begun.
func (b *builder) proceed() error {
	if b.options.Force {
		return b.begin()
	}
	var begun Identity
	data, err := os.ReadFile(b.state(stateBuild))
	if err != nil {
		return fmt.Errorf("cannot find out what was being built: %w", err)
	}
	if err := json.Unmarshal(data, &begun); err != nil {
		return fmt.Errorf("%s does not say what was being built, so pass --force to begin anew: %w", b.state(stateBuild), err)
	}
	return b.same(begun, "what is there was begun")
}

// finished is the manifest of a build that got to the end.
func (b *builder) finished(ctx context.Context) (*Manifest, error) {
	manifest, err := b.folder().Manifest()
	if err != nil {
		return nil, err
	}
	if b.options.Force {
		return nil, b.begin()
	}
	if err := b.same(manifest.Identity, "what is there was built"); err != nil {
		return nil, err
	}
	changed, err := manifest.check(ctx, b.folder())
	if err != nil {
		return nil, err
	}
	if len(changed) > 0 {
		return nil, fmt.Errorf("%s was built, but since then %s: pass --force to build it anew", b.options.Dir, changed[0])
	}
	return manifest, nil
}

// same refuses to go on with what would come out as a mixture.
func (b *builder) same(before Identity, what string) error {
	old, err := generic(before)
	if err != nil {
		return err
	}
	now, err := generic(b.identity)
	if err != nil {
		return err
	}
	if field, was, is := firstDifference("", old, now); field != "" {
		return fmt.Errorf("%s in %s with %s %s, and now it is %s: go on with what it was, pass --force to begin anew, or name another folder", what, b.options.Dir, field, was, is)
	}
	return nil
}

// begin forgets what is there and says what will be. The order matters to a
// kill in the midst of it: no stage must count as done that was made for
// another build.
func (b *builder) begin() error {
	old := func(e fs.DirEntry) bool { return e.Name() != stateLock && e.Name() != stateBuild }
	if err := b.sweep(old); err != nil {
		return err
	}
	if err := b.keep(stateBuild, b.identity); err != nil {
		return err
	}
	for _, name := range made {
		if name == stateFolder {
			continue
		}
		if err := os.RemoveAll(b.place(name)); err != nil {
			return fmt.Errorf("cannot empty the output folder: %w", err)
		}
	}
	return nil
}

// sweep removes entries of the state folder.
func (b *builder) sweep(which func(fs.DirEntry) bool) error {
	entries, err := os.ReadDir(b.state(""))
	if err != nil {
		return fmt.Errorf("cannot read what a build left: %w", err)
	}
	for _, e := range entries {
		if !which(e) {
			continue
		}
		if err := os.RemoveAll(b.state(e.Name())); err != nil {
			return fmt.Errorf("cannot remove what a build left: %w", err)
		}
	}
	return nil
}

// leave gives the folder back. A state folder that nobody is going to go on
// from goes, as when all is built.
func (b *builder) leave() {
	if exists(b.state(stateBuild)) {
		b.lock.Release()
		return
	}
	b.sweep(func(e fs.DirEntry) bool { return e.Name() != stateLock }) // what stays does no harm
	b.lock.Remove()
	os.Remove(b.state(""))
	os.Remove(b.options.Dir) // which fails unless it is empty
}

// keep writes v into the state folder, whole or not at all.
func (b *builder) keep(name string, v any) error {
	data, err := indented(v)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return write(b.state(name), data)
}

// write writes a file, whole or not at all.
func write(path string, data []byte) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// report tells how far the stage at work is.
func (b *builder) report(p Progress) {
	if b.options.Progress != nil {
		p.Stage = b.at
		b.options.Progress(p)
	}
}

// A stage is a part of a build.
type stage struct {
	name string
	// folder is the one that make's files become, below the output folder and
	// with slashes; empty if it only reports.
	folder string
	// make writes files into a new folder, and returns what else the manifest
	// needs to know.
	make func(ctx context.Context, b *builder, into string) (report any, err error)
}

// record is what the state folder keeps of a stage that is done.
type record struct {
	Files  map[string]File `json:"files"`
	Report json.RawMessage `json:"report"`
}

// stage makes a stage's results unless they are there.
func (b *builder) stage(ctx context.Context, s stage) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.at = s.name
	if b.done(ctx, s) {
		b.report(Progress{Done: true, Kept: true, Loss: nan, Reward: nan, Score: nan})
		return nil
	}
	b.report(Progress{Loss: nan, Reward: nan, Score: nan})
	into := b.state(stateNew)
	if err := os.RemoveAll(into); err != nil {
		return err
	}
	if err := os.Mkdir(into, 0o777); err != nil {
		return err
	}
	report, err := s.make(ctx, b, into)
	if err != nil {
		return err
	}
	var r record
	if r.Report, err = json.Marshal(report); err != nil {
		return err
	}
	if s.folder != "" {
		if r.Files, err = filesOf(ctx, os.DirFS(into), s.folder, nil); err != nil {
			return err
		}
		if err := b.put(into, s.folder); err != nil {
			return err
		}
	}
	if err := b.keep(s.name+".json", r); err != nil {
		return err
	}
	b.report(Progress{Done: true, Loss: nan, Reward: nan, Score: nan})
	return nil
}

// put moves a stage's folder to its place.
func (b *builder) put(from, folder string) error {
	to := b.place(folder)
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	if err := os.RemoveAll(to); err != nil { // left by a kill right after this
		return err
	}
	return os.Rename(from, to)
}

// done reports whether a stage's results are there as it made them.
func (b *builder) done(ctx context.Context, s stage) bool {
	r, err := b.record(s.name)
	if err != nil {
		return false
	}
	if s.folder == "" {
		return true
	}
	files, err := filesOf(ctx, os.DirFS(b.place(s.folder)), s.folder, r.Files)
	return err == nil && len(differences(r.Files, files)) == 0
}

// record is what was kept of a stage.
func (b *builder) record(name string) (record, error) {
	var r record
	data, err := os.ReadFile(b.state(name + ".json"))
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(data, &r)
}

// reported reads what a stage that is done has reported.
func (b *builder) reported(name string, into any) error {
	r, err := b.record(name)
	if err == nil {
		err = json.Unmarshal(r.Report, into)
	}
	if err != nil {
		return fmt.Errorf("the report of the stage %s can't be read: %w", name, err)
	}
	return nil
}

// finish writes the manifest and forgets what only a build needs.
func (b *builder) finish() (*Manifest, error) {
	b.at = "manifest"
	m := &Manifest{Command: b.options.Command, Identity: b.identity, Files: map[string]File{}}
	var headline headlineReport
	reports := m.reports(&headline)
	for _, s := range stages() {
		r, err := b.record(s.name)
		if err != nil {
			return nil, err
		}
		if s.folder != "" && path.Dir(s.folder) != stateFolder {
			for name, f := range r.Files {
				m.Files[name] = f
			}
		}
		if into := reports[s.name]; into != nil {
			if err := json.Unmarshal(r.Report, into); err != nil {
				return nil, fmt.Errorf("the report of the stage %s can't be read: %w", s.name, err)
			}
		}
	}
	m.Headline, m.Demonstration = headline.Headline, headline.Demonstration
	data, err := indented(m)
	if err != nil {
		return nil, err
	}
	if err := write(b.place(fileManifest), data); err != nil {
		return nil, err
	}
	// From here on the manifest says what the folder is; leave does the rest.
	return m, os.Remove(b.state(stateBuild))
}
