package lab

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestParseRecipe(t *testing.T) {
	whole, err := json.Marshal(mini())
	if err != nil {
		t.Fatal(err)
	}
	if r, err := ParseRecipe(whole, 5); err != nil || !reflect.DeepEqual(r, mini()) {
		t.Errorf("a recipe comes back as another: %v, %+v", err, r)
	}
	if r, err := ParseRecipe([]byte(`{}`), 5); err != nil || !reflect.DeepEqual(r, DefaultRecipe(5)) {
		t.Errorf("nothing changes something: %v, %+v", err, r)
	}
	want := DefaultRecipe(5)
	want.Base.Train.Steps = 7
	if r, err := ParseRecipe([]byte(`{"base":{"train":{"steps":7}}}`), 5); err != nil || !reflect.DeepEqual(r, want) {
		t.Errorf("%v, %+v", err, r)
	}
	// A map is replaced as a whole.
	if r, err := ParseRecipe([]byte(`{"base":{"mix":{"lesson_reasoned":{"sum":1}}}}`), 5); err != nil || len(r.Base.Mix.LessonReasoned) != 1 {
		t.Errorf("%v, %v", err, r.Base.Mix.LessonReasoned)
	}
	for text, want := range map[string]string{
		``:                                 "the JSON ends inside it",
		`[]`:                               "an object is expected",
		`{} {}`:                            "something follows",
		`{"seed":1}`:                       `unknown field "seed"`,
		`{"base":{"seed":1,"seed":2}}`:     "twice",
		`{"base":{"train":{"steps":0}}}`:   "base.train.steps is 0, but has to be from 1",
		`{"base":{"mix":{"textbook":2}}}`:  "textbook is 2",
		`{"base":{"network":{"heads":5}}}`: "base.network: a width of 96 can't be shared by 5 heads",
		`{"base":{"network":{"layers":1000000000}}}`:                              "base.network.layers is 1000000000, but has to be from 1 to 256",
		`{"base":{"network":{"d_model":-96}}}`:                                    "base.network.d_model is -96",
		`{"base":{"network":{"feed_forward":9223372036854775807}}}`:               "base.network.feed_forward is 9223372036854775807",
		`{"base":{"network":{"context":0}}}`:                                      "base.network.context is 0",
		`{"base":{"network":{"d_model":12}}}`:                                     "heads of width 3, but rotary positions need an even one",
		`{"base":{"network":{"layers":200,"d_model":4096,"feed_forward":16384}}}`: "weights, but may have at most 100000000",
		`{"base":{"train":{"learning_rate":0}}}`:                                  "base.train.learning_rate is 0, but has to be above 0",
		`{"thinking":{"train":{"learning_rate":-1}}}`:                             "thinking.train.learning_rate is -1",
		`{"search":{"strengths":[1,1e308]}}`:                                      "strength 1e+308",
		`{"search":{"selectors":["lasst"]}}`:                                      `the selector "lasst"`,
		`{"splits":{"tune":10}}`:                                                  "splits.tune has 10",
		`{"search":{"strengths":[]}}`:                                             "no plans to try",
		`{"search":{"selectors":[],"pairs":[]}}`:                                  "no plans to try",
		`{"thinking":{"max_tokens":1000000000}}`:                                  "thinking.max_tokens is 1000000000",
		`{"base":{"train":{"learning_rate":"fast"}}}`:                             "a number is expected",
		`{"base":{"mix":{"lesson_reasoned":{"x":1}}}}`:                            "lesson_reasoned has 1 families",
	} {
		if _, err := ParseRecipe([]byte(text), 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseRecipe(f *testing.F) {
	f.Add([]byte(`{"base":{"train":{"steps":7}}}`))
	f.Add([]byte(`{"search":{"strengths":[1,2e300]},"splits":{"hard":-1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseRecipe(data, 1)
		if err != nil {
			return
		}
		if err := r.Validate(); err != nil {
			t.Errorf("a recipe was read that is not valid: %v", err)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseRecipe(text, 2); err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%s comes back as another: %v", text, err)
		}
	})
}
