package corpus

import (
	"encoding/json"
	"io/fs"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"tiller/model/tokenizer"
	"tiller/steering/lab/problem"
)

func TestAnswers(t *testing.T) {
	for _, test := range []struct{ question, direct, reasoned string }{
		{
			"ann +4 . bob +4 . cat +9 . what is the last digit of the total ?",
			"the answer is 7 .",
			"first ann +4 gives 4 . then 4 bob +4 gives 8 . then 8 cat +9 gives 7 . so the answer is 7 .",
		},
		{
			"score 4 . ann +3 . bob =2 . turns : bob ann . what is the last digit of the score ?",
			"the answer is 5 .",
			"first 4 bob =2 gives 2 . then 2 ann +3 gives 5 . so the answer is 5 .",
		},
		{
			"lamp off . ann pushes . is the lamp on or off ?",
			"the answer is on .",
			"first off ann pushes gives on . so the answer is on .",
		},
	} {
		p, err := problem.Parse(test.question)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(Direct(p), " "); got != test.direct {
			t.Errorf("%q, want %q", got, test.direct)
		}
		if got := strings.Join(Reasoned(p, TraceOptions{}, nil), " "); got != test.reasoned {
			t.Errorf("%q, want %q", got, test.reasoned)
		}
	}
	if got := Reasoned(problem.Problem{Family: "knots"}, TraceOptions{}, nil); got != nil {
		t.Errorf("an unknown family is reasoned about: %q", got)
	}
}

func TestMix(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
	data, err := json.Marshal(Default())
	if err != nil {
		t.Fatal(err)
	}
	var again Mix
	if err := json.Unmarshal(data, &again); err != nil || !reflect.DeepEqual(again, Default()) {
		t.Errorf("%s is read as %+v: %v", data, again, err)
	}
	for _, test := range []struct {
		change func(*Mix)
		want   string
	}{
		{func(m *Mix) { m.Textbook = 1.1 }, "textbook is 1.1, but has to be from 0 to 1"},
		{func(m *Mix) { m.Trace.Slip = math.NaN() }, "trace.slip is NaN"},
		{func(m *Mix) { m.Surprise = -1 }, "surprise is -1"},
		{func(m *Mix) { m.Quick = .95 }, "quick and lesson together is 1.05"},
		{func(m *Mix) { m.LessonReasoned["lamp"] = 2 }, "lesson_reasoned.lamp is 2"},
		{func(m *Mix) { m.LessonReasoned["knots"] = .5 }, "lesson_reasoned has 7 families, of which only 6 exist"},
		{func(m *Mix) { m.RecallMost = 10 }, "recall_least and recall_most are 2 and 10, but have to be a range within 1 to 9"},
		{func(m *Mix) { m.FactsLeast = 0 }, "facts_least and facts_most are 0 and 8"},
		{func(m *Mix) { m.DirectMost = 7 }, "direct_least and direct_most are 1 and 7"},
		{func(m *Mix) { m.ReasonedLeast = 7 }, "reasoned_least and reasoned_most are 7 and 6"},
	} {
		m := Default()
		test.change(&m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %q", err, test.want)
		}
	}
}

func TestEncode(t *testing.T) {
	if _, err := Encode([]string{"ann", "Zoe"}); err == nil || !strings.Contains(err.Error(), `"Zoe"`) {
		t.Error(err)
	}
	v := Vocabulary()
	if len(v) != len(problem.Words())+2 || v[BOS] != 0 || v[EOS] != 1 {
		t.Errorf("%v", v)
	}
}

// Our tokenizer reads the file and gives the ids that models are trained on.
func TestTokenizer(t *testing.T) {
	tok, err := tokenizer.OpenFS(fstest.MapFS{
		"tokenizer.json":        {Data: Tokenizer(), Mode: fs.ModePerm},
		"tokenizer_config.json": {Data: TokenizerConfig(), Mode: fs.ModePerm},
	}, "lab")
	if err != nil {
		t.Fatal(err)
	}
	if bos, ok := tok.BOS(); !ok || bos != 0 || !reflect.DeepEqual(tok.EOS(), []int{1}) || tok.Size() != len(Vocabulary()) || !tok.Special(0) || !tok.Special(1) {
		t.Errorf("BOS %d, EOS %v, %d tokens", bos, tok.EOS(), tok.Size())
	}
	for i := range uint64(300) {
		d := At(Default(), 2, i)
		want, err := Encode(d.Words)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(d.Words[1:len(d.Words)-1], " ")
		tokens, err := tok.Encode(text, tokenizer.EncodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got := []int{}
		for _, token := range tokens {
			got = append(got, token.ID)
		}
		if !reflect.DeepEqual(append(got, 1), want) {
			t.Fatalf("%q is %v, want %v", text, got, want)
		}
		s := tok.Stream()
		var streamed string
		for _, id := range want {
			streamed += s.Push(id)
		}
		if streamed += s.Flush(); streamed != text || tok.Decode(want, true) != text {
			t.Fatalf("%q comes back as %q", text, streamed)
		}
	}
	_, err = tok.Encode("ann hops . zoe +4 .", tokenizer.EncodeOptions{})
	if err == nil || !strings.Contains(err.Error(), `the words "hops" and "zoe" are not in the vocabulary`) {
		t.Error(err)
	}
}
