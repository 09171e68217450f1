package derive

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tiller/model"
	"tiller/steering"
)

func plan(t *testing.T, text string) steering.Plan {
	t.Helper()
	p, err := steering.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// targets are examples that all want the same continuation.
func targets(n, width int) []Example {
	var examples []Example
	for i := range n {
		e := Example{Prompt: prompt(1, 3+i%20, 4+(7*i)%25, 5+(11*i)%30)}
		e.Target = prompt(9, 17, 9, 21).Tokens[:width]
		examples = append(examples, e)
	}
	return examples
}

// favourite is the token that a model says next.
func favourite(t *testing.T, m *model.Model, ids []int) int {
	t.Helper()
	logits, err := m.Step(context.Background(), []model.Input{{Lane: m.NewLane(), Tokens: ids}}, model.StepOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Index(logits[0], slices.Max(logits[0]))
}

// The gradient that reaches the directions is that of finite differences, for
// every operation, several layers and terms, texts to avoid, and weights of
// every stored type.
func TestTrainingGradient(t *testing.T) {
	examples := targets(3, 4)
	examples[1].Avoid = prompt(11, 12).Tokens
	for _, test := range []struct{ model, plan string }{
		{"llama-mha", "v@0"},
		{"llama-mha", "v*0.5@embed+1[sentence]"},
		{"llama-mha", "addn:v@0[last+gen:1],rotate:v*20@1[gen]"},
		{"llama-mha", "ablate:v*0.7@0,clamp:v*2@1[gen]"},
		{"mistral", "v@1[last]"},
		{"gguf/quantised-q8_0.gguf", "v@0[gen]"},
		{"gguf/quantised-q4_0.gguf", "v@0+1"},
		{"gguf/quantised-q4_1.gguf", "v@embed[last]"},
	} {
		t.Run(test.model+" "+test.plan, func(t *testing.T) {
			r, err := newTrainer(context.Background(), openModel(t, test.model, 2), nil, examples, plan(t, test.plan), TrainOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range r.at {
				for j := range r.at[i] {
					r.at[i][j] = math.Sin(float64(3*i+2*j)) / 2
				}
			}
			all := []int{0, 1, 2}
			v := r.vector(r.at)
			loss, gradients, err := r.gradient(context.Background(), v, all)
			if err != nil {
				t.Fatal(err)
			}
			if alone, err := r.loss(context.Background(), v, all); err != nil || alone != loss {
				t.Errorf("the loss is %v with gradients and %v without (%v)", loss, alone, err)
			}
			for layer, gradient := range gradients {
				size := norm(gradient)
				if size == 0 {
					t.Errorf("layer %d has no gradient", layer)
				}
				for j := 0; j < len(gradient); j += 3 {
					const step = 1.0 / 256
					d := v.Directions[layer]
					before := d[j]
					moved := func(by float32) float64 {
						d[j] = before + by
						loss, err := r.loss(context.Background(), v, all)
						if err != nil {
							t.Fatal(err)
						}
						return loss
					}
					up, down := moved(step), moved(-step)
					d[j] = before
					if want := (up - down) / (2 * step); math.Abs(gradient[j]-want) > 0.02*math.Abs(want)+0.01*size {
						t.Errorf("layer %d: gradient %d is %v, finite differences say %v", layer, j, gradient[j], want)
					}
				}
			}
		})
	}
}

// Training brings the loss down, on examples that are held out too, and comes
// to the same bits with any number of threads.
func TestTrain(t *testing.T) {
	for _, name := range []string{"llama-mha", "gguf/quantised-q4_0.gguf"} {
		t.Run(name, func(t *testing.T) {
			train := func(threads int) *Result {
				r, err := Train(context.Background(), openModel(t, name, threads), nil, targets(12, 2), plan(t, "v@0[last+gen]"),
					TrainOptions{Steps: 60, Rate: 0.05, Batch: 4, Seed: 3})
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			r := train(1)
			x := r.Training
			if x.HeldOut != 3 || x.Examples != 9 || x.BestStep == 0 || x.BestStep > x.Steps || x.Steps > 60 {
				t.Errorf("training: %+v", x)
			}
			if !(x.Loss < x.StartLoss-1) || !(*x.HeldOutLoss < *x.HeldOutStartLoss-1) {
				t.Errorf("the loss went from %v to %v, held out from %v to %v", x.StartLoss, x.Loss, *x.HeldOutStartLoss, *x.HeldOutLoss)
			}
			if l := r.Layers[0]; l.Layer != 0 || !(l.Norm > 0) || l.AUC != nil || r.Vector.Name != "v" || r.Vector.Meta["plan"] != "v@0[last+gen]" {
				t.Errorf("%+v, %v", l, r.Vector.Meta)
			}
			if again := train(3); !reflect.DeepEqual(again.Vector, r.Vector) || !reflect.DeepEqual(again.Training, x) {
				t.Error("another number of threads gives another vector")
			}
		})
	}
}

// What is to be avoided becomes less likely.
func TestTrainAvoids(t *testing.T) {
	m := openModel(t, "llama-mha", 1)
	examples := targets(2, 1)
	for i := range examples {
		best := favourite(t, m, examples[i].Prompt.IDs())
		examples[i].Avoid = prompt(best).Tokens
		examples[i].Target = prompt((best + 1) % 40).Tokens
	}
	r, err := Train(context.Background(), m, nil, examples, plan(t, "v@1[last]"), TrainOptions{Steps: 40, Rate: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	x := r.Training
	if !(x.Loss < x.StartLoss/2) || x.HeldOutLoss != nil || x.HeldOut != 0 {
		t.Errorf("training: %+v", x)
	}
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "none is held out") {
		t.Errorf("notes: %q", r.Notes)
	}
}

func TestTrainCapsTheNorm(t *testing.T) {
	r, err := Train(context.Background(), openModel(t, "llama-mha", 1), nil, targets(12, 2), plan(t, "v@0+1[last+gen]"),
		TrainOptions{Steps: 30, Rate: 0.1, MaxNorm: 0.25})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range r.Layers {
		if math.Abs(l.Ratio-0.25) > 0.01 {
			t.Errorf("layer %d: the norm is %.3f of the median, where the cap is 0.25", l.Layer, l.Ratio)
		}
	}
	if r.Layers[0].CosineAbove == nil || *r.Layers[0].CosineAbove != *r.Layers[1].CosineBelow {
		t.Error("the layers have no cosine")
	}
}

func TestTrainRefuses(t *testing.T) {
	m := openModel(t, "llama-mha", 1)
	good := targets(8, 2)
	own := targets(8, 1) // what the model says by itself can't become much likelier
	for i := range own {
		own[i].Target = prompt(favourite(t, m, own[i].Prompt.IDs())).Tokens
	}
	long := targets(1, 2)
	long[0].Prompt = prompt(slices.Repeat([]int{5}, 64)...)
	long[0].Label = "targets.jsonl, line 9"
	for _, test := range []struct {
		examples []Example
		plan     string
		options  TrainOptions
		want     string
	}{
		{nil, "v@0", TrainOptions{}, "there are no targets"},
		{good, "v[last]", TrainOptions{}, "does not say at which layers the vector is to have directions: write one, such as v@1"},
		{good, "v@0,w@1", TrainOptions{}, `names one vector, but "v@0,w@1" names 2`},
		{good, "", TrainOptions{}, "names one vector"},
		{good, "v*0.3r@0", TrainOptions{}, "has a relative strength"},
		{good, "v@0?entropy>1", TrainOptions{}, "has a gate, which has no gradient"},
		{good, "v@2", TrainOptions{}, "layer 2 is not one of the model's layers 0 to 1"},
		{good, "v*0@0", TrainOptions{}, "changes no token that a target depends on"},
		{good, "v@0[user]", TrainOptions{}, "changes no token that a target depends on"},
		{long, "v@0", TrainOptions{}, "targets.jsonl, line 9: it has 65 tokens"},
		{[]Example{{Prompt: prompt(1)}}, "v@0", TrainOptions{}, "example 1: the target has no tokens"},
		{own, "v@0", TrainOptions{Rate: 5, Steps: 20}, "training made things worse: the loss of held-out examples went from"},
		{good, "v@0", TrainOptions{Rate: 1e30, Steps: 20}, "training diverged at step"},
	} {
		_, err := Train(context.Background(), m, nil, test.examples, plan(t, test.plan), test.options)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s, %+v: error is %v, want %q in it", test.plan, test.options, err, test.want)
		}
	}
}
