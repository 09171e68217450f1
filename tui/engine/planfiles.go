package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/steering/library"
	"tiller/tui/settings"
)

const (
	planEnding = ".json"
	// maxSavedPlans is how many saved plans are listed.
	maxSavedPlans = 1000
)

// SavedPlan is a plan in a file of the person's own. All of it is untrusted.
type SavedPlan struct {
	Name  string // of the file, without its ending
	Ref   string // as --plan takes it: @ and the file
	About string
	Text  string
	Err   string // why it can't be read; empty if it can
}

// PlansListed are the plans that the person saved, by name.
type PlansListed struct {
	Gen   int
	Plans []SavedPlan
}

// PlanSaved says what became of a plan that was to be saved.
type PlanSaved struct {
	Gen  int
	Name string
	Path string
	// Exists says that a file of that name is there already, and was kept.
	Exists bool
}

// PlanChecked says whether the current model can do a plan that reads well.
type PlanChecked struct {
	Gen    int
	Text   string // the plan's
	Err    string // why not; empty if it can
	Column int    // 1-based, in Text, where Err is about one; else 0
}

// planName is what a saved plan can be called: a file name that no shell reads
// otherwise.
var planName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

// PlanName says in a sentence why a plan can't be saved under a name; nil if it
// can.
func PlanName(name string) error {
	if !planName.MatchString(name) {
		return errors.New("a name has letters, digits, and _ . - after the first, 64 at most")
	}
	return nil
}

// plansFolder is where the person's plans are kept: plans beside the config
// file.
func (e *Engine) plansFolder() (string, error) {
	config, err := settings.Path(e.options.Getenv)
	if err != nil {
		return "", err
	}
	return filepath.Join(filepath.Dir(config), "plans"), nil
}

// ListPlans asks for the plans that the person saved.
func (e *Engine) ListPlans(gen int) tea.Cmd {
	return e.do(gen, "listing plans", func(ctx context.Context) (tea.Msg, error) {
		folder, err := e.plansFolder()
		if err != nil {
			return nil, err
		}
		entries, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot list the saved plans: %w", err)
		}
		msg := PlansListed{Gen: gen}
		for _, entry := range entries {
			name, ok := strings.CutSuffix(entry.Name(), planEnding)
			if ok && name != "" && len(msg.Plans) < maxSavedPlans {
				msg.Plans = append(msg.Plans, e.savedPlan(ctx, name, filepath.Join(folder, entry.Name())))
			}
		}
		return msg, nil
	})
}

func (e *Engine) savedPlan(ctx context.Context, name, path string) SavedPlan {
	saved := SavedPlan{Name: name, Ref: "@" + path}
	file, err := e.library.ReadPlan(ctx, saved.Ref)
	if err != nil {
		saved.Err = err.Error()
		return saved
	}
	saved.About, saved.Text = file.About, file.Plan.String()
	return saved
}

// SavePlan writes a plan into the person's folder under a name. A file that is
// there is kept unless force is set.
func (e *Engine) SavePlan(gen int, name, text string, force bool) tea.Cmd {
	return e.do(gen, "saving the plan", func(context.Context) (tea.Msg, error) {
		if err := PlanName(name); err != nil {
			return nil, err
		}
		plan, err := steering.Parse(text)
		if err != nil {
			return nil, err
		}
		folder, err := e.plansFolder()
		if err == nil {
			err = os.MkdirAll(folder, 0o700)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot save the plan: %w", err)
		}
		msg := PlanSaved{Gen: gen, Name: name, Path: filepath.Join(folder, name+planEnding)}
		err = library.WritePlan(msg.Path, library.PlanFile{Name: name, Plan: plan}, force)
		if errors.Is(err, fs.ErrExist) {
			msg.Exists, err = true, nil
		}
		return msg, err
	})
}

// CheckPlan asks whether the current model can do a plan: whether its vectors
// are there and fit.
func (e *Engine) CheckPlan(gen int, text string) tea.Cmd {
	return e.do(gen, "checking the plan", func(ctx context.Context) (tea.Msg, error) {
		msg := PlanChecked{Gen: gen, Text: text}
		o, err := e.open(ctx, "")
		if err != nil {
			return msg, nil // without a model there is nothing to check against
		}
		_, err = e.bind(text, o)
		if at := (*steering.Error)(nil); errors.As(err, &at) {
			msg.Err, msg.Column = at.Reason, at.Column
		} else if err != nil {
			msg.Err = err.Error()
		}
		return msg, nil
	})
}
