package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tiller/model/checkpoint/atomicfile"
	"tiller/steering/eval"
	"tiller/steering/eval/summary"
	"tiller/steering/grade"
)

// HarnessOptions say what a run does not.
type HarnessOptions struct {
	// Date names the files, and is what the harness sorts them by.
	Date time.Time
}

// Harness writes a run's folder, whose summary is s, as lm-evaluation-harness
// 0.4.13 writes its results (lm_eval/result_schema.py and
// lm_eval/loggers/evaluation_tracker.py): in a folder named after the model
// results_DATE.json, and for each lane samples_TASK_DATE.jsonl. Every lane is
// a task, named after the set and the lane; the guard set has tasks of its own.
// Its paths are returned.
//
// A metric is the mean over problems, of each the mean over its draws, and its
// standard error is that of the harness, which takes problems for independent
// and lanes for unpaired: intervals of differences are in summary.json. Where a
// lane has its own prompt, which a run does not keep, the prompt is left empty.
func Harness(run string, s *summary.Summary, folder string, o HarnessOptions) ([]string, error) {
	spec, err := eval.ReadSpec(run)
	if err != nil {
		return nil, err
	}
	h := &harness{spec: &spec, summary: s, date: o.Date.UTC().Format("2006-01-02T15-04-05.000000"), names: map[string]bool{}}
	h.folder = filepath.Join(folder, modelFolder(spec.Model.Ref))
	if err := os.MkdirAll(h.folder, 0o777); err != nil {
		return nil, fmt.Errorf("the folder for the harness's files: %w", err)
	}
	h.begin(pyFloat(o.Date.Unix()))
	if err := byLane(run, s, h.lane); err != nil {
		return nil, err
	}
	file := filepath.Join(h.folder, "results_"+h.date+".json")
	if err := atomicfile.Write(file, func(w io.Writer) error { return encode(w, h.results, "  ") }); err != nil {
		return nil, err
	}
	return append([]string{file}, h.files...), nil
}

// harness writes one run.
type harness struct {
	spec    *eval.Spec
	summary *summary.Summary
	folder  string
	date    string
	names   map[string]bool // of tasks
	files   []string
	results harnessResults
}

// harnessResults is results_DATE.json.
type harnessResults struct {
	Results        map[string]map[string]any  `json:"results"`
	GroupSubtasks  map[string][]string        `json:"group_subtasks"`
	Configs        map[string]harnessTask     `json:"configs"`
	Versions       map[string]int             `json:"versions"`
	NShot          map[string]int             `json:"n-shot"`
	HigherIsBetter map[string]map[string]bool `json:"higher_is_better"`
	NSamples       map[string]harnessCount    `json:"n-samples"`
	Config         harnessConfig              `json:"config"`
	Date           pyFloat                    `json:"date"` // UNIX seconds
	TaskHashes     map[string]string          `json:"task_hashes"`
	ModelSource    string                     `json:"model_source"`
	ModelName      string                     `json:"model_name"`
	Sanitized      string                     `json:"model_name_sanitized"`
	System         *string                    `json:"system_instruction"`
	SystemSHA      *string                    `json:"system_instruction_sha"`
	ChatTemplate   *string                    `json:"chat_template"`
	ChatSHA        *string                    `json:"chat_template_sha"`
	Multiturn      bool                       `json:"fewshot_as_multiturn"`
}

type harnessCount struct {
	Original  int `json:"original"`
	Effective int `json:"effective"`
}

// harnessConfig says how the model was run.
type harnessConfig struct {
	Model          string            `json:"model"`
	ModelArgs      map[string]string `json:"model_args"`
	BatchSize      *int              `json:"batch_size"`
	BatchSizes     []int             `json:"batch_sizes"`
	Device         string            `json:"device"`
	UseCache       *string           `json:"use_cache"`
	Limit          *int              `json:"limit"`
	BootstrapIters int               `json:"bootstrap_iters"`
	GenKwargs      *harnessKwargs    `json:"gen_kwargs"`
	RandomSeed     uint64            `json:"random_seed"`
	NumpySeed      *int              `json:"numpy_seed"`
	TorchSeed      *int              `json:"torch_seed"`
	FewshotSeed    *int              `json:"fewshot_seed"`
}

// harnessTask is the configuration of a task.
type harnessTask struct {
	Task        string          `json:"task"`
	Alias       string          `json:"task_alias"`
	DatasetPath string          `json:"dataset_path"`
	DocToText   string          `json:"doc_to_text"`
	DocToTarget string          `json:"doc_to_target"`
	OutputType  string          `json:"output_type"`
	Kwargs      *harnessKwargs  `json:"generation_kwargs,omitempty"`
	NumFewshot  int             `json:"num_fewshot"`
	Metrics     []harnessMetric `json:"metric_list"`
	Repeats     int             `json:"repeats"`
	Metadata    harnessMetadata `json:"metadata"`
}

type harnessMetric struct {
	Metric         string `json:"metric"`
	Aggregation    string `json:"aggregation"`
	HigherIsBetter bool   `json:"higher_is_better"`
}

// harnessMetadata is what a task says beside: here all that a lane is.
type harnessMetadata struct {
	Version int           `json:"version"`
	SHA256  string        `json:"dataset_sha256"`
	Grader  string        `json:"grader"`
	Lane    eval.LaneSpec `json:"lane"`
}

// harnessKwargs say how tokens are drawn.
type harnessKwargs struct {
	Until       []string `json:"until"`
	MaxGenToks  int      `json:"max_gen_toks"`
	DoSample    bool     `json:"do_sample"`
	Temperature float64  `json:"temperature"`
	TopK        int      `json:"top_k,omitempty"`
	TopP        float64  `json:"top_p,omitempty"`
	MinP        float64  `json:"min_p,omitempty"`
	Penalty     float64  `json:"repetition_penalty,omitempty"`
}

// begin fills in what all tasks share.
func (h *harness) begin(date pyFloat) {
	s := h.spec
	r := &h.results
	*r = harnessResults{
		Results: map[string]map[string]any{}, GroupSubtasks: map[string][]string{}, Configs: map[string]harnessTask{}, Versions: map[string]int{},
		NShot: map[string]int{}, HigherIsBetter: map[string]map[string]bool{}, NSamples: map[string]harnessCount{}, TaskHashes: map[string]string{},
		Config: harnessConfig{
			Model: "tiller", ModelArgs: map[string]string{"pretrained": s.Model.Ref, "fingerprint": s.Model.Fingerprint, "kernel": s.Kernel},
			BatchSizes: []int{}, Device: "cpu", BootstrapIters: h.summary.Bootstrap.Resamples, RandomSeed: s.Sampling.Seed,
		},
		Date: date, ModelSource: "tiller", ModelName: s.Model.Ref, Sanitized: modelFolder(s.Model.Ref),
	}
	if n := s.Set.Limit; n > 0 {
		r.Config.Limit = &n
	}
	if text := s.Set.System; text != "" {
		r.System, r.SystemSHA = &text, new(digest(text))
	}
}

// lane writes one lane's answers to one set as a task.
func (h *harness) lane(a answers) error {
	set, of := h.spec.Set, h.summary.Set
	if a.guard {
		set, of = *h.spec.Guard, *h.summary.Guard
	}
	t := &task{
		harness: h, answers: a, set: set, output: outputType(set.Grader), metric: metric(set.Grader, of.RightWrong),
		name: h.name(set.Ref, a.lane.Name),
	}
	for _, l := range h.spec.Lanes {
		if l.Name == a.lane.Name {
			t.spec = l
		}
	}
	file := filepath.Join(h.folder, "samples_"+t.name+"_"+h.date+".jsonl")
	if err := atomicfile.Write(file, t.samples); err != nil {
		return err
	}
	h.files = append(h.files, file)

	r := &h.results
	mean, stderr := meanError(t.scores)
	r.Results[t.name] = map[string]any{"name": t.name, "alias": t.name, "sample_len": len(t.scores)}
	if len(t.scores) > 0 {
		r.Results[t.name][t.metric+",none"] = pyFloat(mean)
		r.Results[t.name][t.metric+"_stderr,none"] = stderr
	}
	r.Configs[t.name] = t.config()
	r.Versions[t.name] = 1
	r.NShot[t.name] = len(set.Shots)
	r.HigherIsBetter[t.name] = map[string]bool{t.metric: true}
	r.NSamples[t.name] = harnessCount{Original: of.Problems, Effective: len(t.scores)}
	r.TaskHashes[t.name] = digest(t.hashes.String())
	return nil
}

// outputType is the harness's kind of request.
func outputType(grader string) string {
	g, err := grade.Parse(grader)
	if err != nil {
		return "generate_until"
	}
	switch grade.NeedsOf(g) {
	case grade.NeedsChoices, grade.NeedsPair:
		return "multiple_choice"
	case grade.NeedsTarget:
		return "loglikelihood"
	}
	return "generate_until"
}

// metric is the harness's name of what a grader's scores are.
func metric(grader string, rightWrong bool) string {
	switch {
	case grader == "likelihood-per-character":
		return "acc_norm"
	case grader == "likelihood-per-byte":
		return "acc_bytes"
	case rightWrong:
		return "acc"
	}
	return "score"
}

// meanError is the mean with its standard error, "N/A" of a single score.
func meanError(x []float64) (mean float64, stderr any) {
	for _, v := range x {
		mean += v
	}
	n := float64(len(x))
	mean /= n
	if len(x) < 2 {
		return mean, "N/A"
	}
	var squares float64
	for _, v := range x {
		squares += float64((v - mean) * (v - mean))
	}
	e := math.Sqrt(squares/(n-1)) / math.Sqrt(n)
	if math.IsNaN(e) || math.IsInf(e, 0) {
		return mean, "N/A"
	}
	return mean, pyFloat(e)
}

// pyFloat is a number that Python reads as a float, and writes alike.
type pyFloat float64

func (f pyFloat) String() string {
	text := float(float64(f))
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// MarshalJSON implements [json.Marshaler].
func (f pyFloat) MarshalJSON() ([]byte, error) {
	if x := float64(f); math.IsNaN(x) || math.IsInf(x, 0) {
		return nil, fmt.Errorf("%v is no number that JSON has", x)
	}
	return []byte(f.String()), nil
}

// encode writes JSON without escaping what only HTML minds.
func encode(w io.Writer, v any, indent string) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	return e.Encode(v)
}

// kwargs say how a run draws tokens.
func kwargs(s eval.SamplingSpec) *harnessKwargs {
	until := s.Stop
	if until == nil {
		until = []string{}
	}
	return &harnessKwargs{
		Until: until, MaxGenToks: s.MaxTokens, DoSample: s.Temperature > 0, Temperature: s.Temperature,
		TopK: s.TopK, TopP: s.TopP, MinP: s.MinP, Penalty: s.RepeatPenalty,
	}
}

// name is a task's: letters, digits and underscores, as the harness wants
// them, and no two alike.
func (h *harness) name(set, lane string) string {
	base := strings.TrimSuffix(filepath.Base(set), filepath.Ext(set))
	name := words(base) + "__" + words(lane)
	if len(name) > maxName {
		name = name[:maxName] + "_" + digest(base + lane)[:8]
	}
	for n, first := 2, name; h.names[name]; n++ {
		name = fmt.Sprintf("%s_%d", first, n)
	}
	h.names[name] = true
	return name
}

// maxName is how long a task's name may be, in bytes: it is part of a file's.
const maxName = 120

// words replaces all but letters and digits of ASCII by underscores.
func words(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, text)
}

// modelFolder is the harness's folder for a model: runs of characters that
// files can't have in their names are two underscores. It never is a way out.
func modelFolder(ref string) string {
	var b strings.Builder
	inside := false
	for _, r := range ref {
		bad := r < ' ' || strings.ContainsRune(`"<>:/|\?*[]`, r)
		if bad && !inside {
			b.WriteString("__")
		} else if !bad {
			b.WriteRune(r)
		}
		inside = bad
	}
	name := b.String()
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "") + "_" + digest(ref)[:8]
	}
	if strings.Trim(name, ".") == "" {
		return "model" + name
	}
	return name
}

// indented is a value as json.dumps(v, indent=2, ensure_ascii=False) of Python
// writes it, which the harness hashes.
func indented(v any) (string, error) {
	var b bytes.Buffer
	if err := encode(&b, v, "  "); err != nil {
		return "", err
	}
	text := strings.TrimSuffix(b.String(), "\n")
	// Go escapes two more characters, which a backslash before them, itself
	// escaped, must not be taken for.
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], `\u2028`):
			out.WriteRune('\u2028')
			i += 5
		case strings.HasPrefix(text[i:], `\u2029`):
			out.WriteRune('\u2029')
			i += 5
		case text[i] == '\\':
			out.WriteString(text[i : i+2])
			i++
		default:
			out.WriteByte(text[i])
		}
	}
	return out.String(), nil
}
