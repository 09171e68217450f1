package lab

import (
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tiller/model/generate"
	"tiller/steering/derive"
	"tiller/steering/statistics"
)

var (
	updateTables = flag.Bool("update", false, "write the tables into docs/organism.md anew")
	otherSeeds   = flag.String("seeds", "", "with -update: manifests of builds from other seeds, with commas between them, to be kept in assets/seeds.json")
)

const (
	documentFile = "../../docs/organism.md"
	assetsFolder = "../../assets"
)

// stated is what the document needs of a manifest.
type stated struct {
	Seed    uint64   `json:"seed"`
	Figures *Figures `json:"figures"`
}

func readStated(t *testing.T, file string) *stated {
	t.Helper()
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var s stated
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if s.Figures == nil {
		return nil
	}
	return &s
}

// readSeeds are the headlines of builds from other seeds than the shipped one.
func readSeeds(t *testing.T) []SeedHeadline {
	t.Helper()
	file := filepath.Join(assetsFolder, "seeds.json")
	if *updateTables && *otherSeeds != "" {
		var seeds []SeedHeadline
		for _, manifest := range strings.Split(*otherSeeds, ",") {
			s := readStated(t, manifest)
			if s == nil {
				t.Fatalf("%s is not there, or has no figures", manifest)
			}
			seeds = append(seeds, s.Figures.ForSeed(s.Seed))
		}
		data, err := indented(seeds)
		if err == nil {
			err = os.WriteFile(file, data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var seeds []SeedHeadline
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(data, &seeds)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return seeds
}

// The tables of docs/organism.md are those of the shipped manifest.
func TestDocument(t *testing.T) {
	document, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	s := readStated(t, filepath.Join(assetsFolder, fileManifest))
	if s == nil {
		if _, err := FillTables(document, append(new(Figures).Markdown(), SeedsMarkdown(nil, 0))); err != nil {
			t.Errorf("docs/organism.md: %v", err)
		}
		t.Skip("the shipped models are not there yet")
	}
	seeds := append(readSeeds(t), s.Figures.ForSeed(s.Seed))
	numbers := map[uint64]bool{}
	for _, x := range seeds {
		if numbers[x.Seed] {
			t.Errorf("assets/seeds.json and manifest.json have seed %d twice", x.Seed)
		}
		numbers[x.Seed] = true
	}
	want, err := FillTables(document, append(s.Figures.Markdown(), SeedsMarkdown(seeds, s.Seed)))
	if err != nil {
		t.Fatalf("docs/organism.md: %v", err)
	}
	if string(want) == string(document) {
		return
	}
	if !*updateTables {
		t.Fatal("the tables of docs/organism.md are not those of assets/manifest.json: run go test ./steering/lab -run TestDocument -update")
	}
	if err := os.WriteFile(documentFile, want, 0o666); err != nil {
		t.Fatal(err)
	}
}

// someFigures are made up, with all that can be undefined.
func someFigures() *Figures {
	p, gap, auc, cosine := .0004, .925, .9871, -.001
	interval := statistics.Interval{Low: .9, High: .951}
	base := Row{Name: laneBase, N: 200, Score: .38, CI95: statistics.Wilson(76, 200), Comparison: Comparison{DeltaCI95: statistics.Undefined()}, RecoveredGapCI95: statistics.Undefined(),
		Tokens: 1200, TokensPerAnswer: 6, Stops: map[generate.Stop]int{generate.StopEOS: 200}, Answered: 1}
	steered := Row{Name: laneSteered, Plan: "v*2@1[last]", N: 200, Score: .95, CI95: statistics.Wilson(190, 200), Comparison: Comparison{&gap, interval, &p},
		DeltaPrompt: &Comparison{&cosine, statistics.Interval{Low: -.05, High: .04}, &gap}, RecoveredGap: &gap, RecoveredGapCI95: interval,
		SteeredFraction: .1175, PromptEdits: 3, RowEdits: 410, TokensPerAnswer: 39.96, Stops: map[generate.Stop]int{generate.StopEOS: 150, generate.StopLength: 49, StopBroken: 1}, Answered: .75, Reasoned: .9, Broken: true}
	table := &Table{Problems: "test", N: 200, Base: laneBase, Thinking: laneThinking, Prompt: lanePrompt, Lanes: []Row{base, steered}}
	return &Figures{
		Plan: "v*2@1[last]", Headline: table, Hard: table,
		Families: []Family{{"sum", 40, []FamilyScore{{laneBase, .5, statistics.Wilson(20, 40)}, {laneSteered, 1, statistics.Wilson(40, 40)}}, Comparison{&gap, interval, &p}}},
		Controls: &ControlResults{96, []ControlResult{
			{ControlSummary{Isotropic, 99, 120, 400, 2, 50, &cosine, .21, .925, .01}, []float64{.5, 2}, []float64{.1, .21, 0}, []float64{2, 2, .5}, []float64{.1, -.3, .2}},
			{ControlSummary{Shuffled, 3, 120, 400, 0, 0, &cosine, .7, .925, .25}, []float64{.5, 2}, []float64{.2, 0, .7}, []float64{1, 1, 1}, []float64{.4, -.3, .5}},
			{ControlSummary{Negated, 1, 120, 400, 1, 1, nil, -.4, .925, .5}, []float64{.5, 2}, nil, nil, nil},
		}, map[string]string{"v": "decide", "decide": "decide"}},
		Dial: &Dial{"v*2@1[last]", 300, 96, .38, .97, []int{0, 3}, []float64{.25, 2},
			[][]DialPoint{{{.38, 1, 0, .16, 6, false}, {.9, .99, .95, .02, 40, false}}, {{.4, 1, .01, .16, 6, false}, {.03, .1, 1, .02, 96, true}}}},
		Map: &LayerMap{"v*2@1[last]", 300, 96, .38, .97, []float64{.9, .12}, []float64{.5, 1}, []int{0, 3},
			[][]MapPoint{{{1, .9, &gap, .9, false}, {.5, .38, nil, 0, false}}, {{1, .9, &gap, .9, false}, {.5, .03, &cosine, 1, true}}}},
		Slips:     []SlipResult{{"base", SlipFigures{Misread, 600, 12, 0, 200, 400}}},
		Finalists: []Candidate{{"v*2@1[last]", 1200, .95, .1175}},
		Best:      []Candidate{{"v*2@1[last]", 1200, .95, .1175}, {"w@1[match:/a|b/]", 120, .5, .16}},
		Vectors:   []VectorFigures{{"v", "mean difference", []derive.LayerReport{{Layer: 0, AUC: &auc, Norm: 16.62, MedianNorm: 23.4, Ratio: .71, CosineAbove: &cosine}, {Layer: 3, Norm: 2}}}},
		Cosines:   []Cosine{{"v", "w", []int{0, 3}, []float64{.95, -.5}}, {"v", "x", []int{3}, []float64{1}}},
	}
}

func TestMarkdown(t *testing.T) {
	sections := append(someFigures().Markdown(), SeedsMarkdown([]SeedHeadline{someFigures().ForSeed(7), someFigures().ForSeed(1)}, 7))
	empty := append(new(Figures).Markdown(), SeedsMarkdown(nil, 0))
	bar := regexp.MustCompile(`[^\\]\|`)
	for i, s := range sections {
		if empty[i].Name != s.Name {
			t.Errorf("without figures, section %d is %s, not %s", i, empty[i].Name, s.Name)
		}
		columns := 0
		for line := range strings.Lines(s.Markdown) {
			if !strings.HasPrefix(line, "|") {
				columns = 0
				continue
			}
			n := len(bar.FindAllString(line, -1))
			if columns == 0 {
				columns = n
			}
			if n != columns {
				t.Errorf("%s: %q has %d columns, not %d", s.Name, line, n, columns)
			}
		}
		if strings.Contains(s.Markdown, "NaN") || !strings.HasSuffix(s.Markdown, "|\n") && !strings.HasSuffix(s.Markdown, ".\n") {
			t.Errorf("%s: %s", s.Name, s.Markdown)
		}
	}
	for name, lines := range map[string][]string{
		"headline": {
			"| base | 38.0 [31.6, 44.9] | – | – | – | – |",
			"| steered | 95.0 [91.0, 97.3] broken | 92.5 [90.0, 95.1] | −0.1 [−5.0, 4.0] | .925 | 92.5 [90.0, 95.1] |",
			"n = 200 problems of the test split for each lane.", "The plan is `v*2@1[last]`.",
		},
		"cost": {
			"| base | 6.0 | 0.0 | 100.0 | 0.0 | – | – | – |",
			"| steered | 40.0 | 90.0 | 75.0 | 25.0 | 11.8 | 3 | 410 |",
		},
		"families": {"| sum | 40 | 50.0 [35.2, 64.8] | – | – | 100.0 [91.2, 100.0] | – | 92.5 [90.0, 95.1] | < .001 |"},
		"controls": {
			"| random | 99 | −0.1 | 21.0 | 92.5 | .010 | 0.20 | −0.30 | 2 | 50 |", "| negated | 1 | – | −40.0 | 92.5 | – | – | – | 1 | 1 |",
			"Of the shuffled draws, 1 point away from the plan's direction and recover 0.0 % on average and 0.0 % at most; 2 point with the plan's direction and recover 45.0 % on average and 70.0 % at most.",
			"`v` was trained and has no labels to shuffle: its shuffled directions are of the rows that `decide` was made from.",
		},
		"dial":    {"| right, % | 0.25 | 2 |", "| layer 3 | 40.0 | 3.0 † |", "| layer 3 | 0.0 | 90.0 |"},
		"map":     {"| layer 0 | 90.0 (92.5) ×1 | 38.0 (–) ×0.5 |", "| layer 3 | 90.0 (92.5) ×1 | 3.0 (−0.1) ×0.5 † |"},
		"slips":   {"| base | misread | 2.0 [1.1, 3.5] | 0.0 [0.0, 0.6] | 33.3 [29.7, 37.2] | 66.7 [62.8, 70.3] | 600 |"},
		"plans":   {"| `v*2@1[last]` | 95.0 | 11.8 | 1200 |", `| ` + "`w@1[match:/a\\|b/]`" + ` | 50.0 | 16.0 | 120 |`},
		"vectors": {"| `v` | mean difference | 0 | 16.6 | 0.71 | 0.987 | 0.00 |", "| `v` | mean difference | 3 | 2.0 | 0.00 | – | – |"},
		"cosines": {"| `v`, `w` | 0.95 | −0.50 |", "| `v`, `x` | – | 1.00 |"},
		"seeds":   {"| 1 | 38.0 [31.6, 44.9] | – | 95.0 [91.0, 97.3] broken | – | 92.5 [90.0, 95.1] | −0.1 [−5.0, 4.0] | 11.8 | −0.1 | 21.0 | `v*2@1[last]` |", "| 7 (shipped) |"},
	} {
		text := sections[slices.IndexFunc(sections, func(s Section) bool { return s.Name == name })].Markdown
		for _, line := range lines {
			if !strings.Contains(text, line) {
				t.Errorf("%s lacks %q:\n%s", name, line, text)
			}
		}
	}
	if text := sections[len(sections)-1].Markdown; strings.Index(text, "| 1 |") > strings.Index(text, "| 7 (shipped) |") {
		t.Errorf("the seeds are out of order:\n%s", text)
	}
}

func TestFillTables(t *testing.T) {
	sections := []Section{{"one", "| a |\n"}, {"two", "| $1 |\n"}}
	document := "# x\n<!-- table two -->\nold\n<!-- end -->\nbetween\n<!-- table one -->\n<!-- end -->\n"
	want := "# x\n<!-- table two -->\n| $1 |\n<!-- end -->\nbetween\n<!-- table one -->\n| a |\n<!-- end -->\n"
	for range 2 { // the second time it is full already
		got, err := FillTables([]byte(document), sections)
		if err != nil || string(got) != want {
			t.Fatalf("got %q, %v", got, err)
		}
		document = string(got)
	}
	for name, bad := range map[string]string{
		`place for a table "three"`:      document + "<!-- table three -->\n<!-- end -->\n",
		`two places for the table "one"`: document + "<!-- table one -->\n<!-- end -->\n",
		`no place for the table "one"`:   "<!-- table two -->\n<!-- end -->\n",
		"begins 3 tables, but only 2":    document + "<!-- table one -->\n",
	} {
		if _, err := FillTables([]byte(bad), sections); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %s", err, name)
		}
	}
}
