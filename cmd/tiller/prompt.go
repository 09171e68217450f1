package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/model/generate"
	"tiller/model/tokenizer"
)

// maxPromptFile bounds a prompt file; no context is as long.
const maxPromptFile = 64 << 20

// promptFlags say what a lane starts from.
type promptFlags struct {
	texts        []string
	file         string
	ids          string
	chat         bool
	system       string
	prefill      string
	noBOS        bool
	parseSpecial bool
}

// promptSources are the flags that give a prompt.
var promptSources = []string{"prompt", "prompt-file", "ids"}

func (p *promptFlags) add(f *pflag.FlagSet) {
	p.addText(f)
	f.StringVar(&p.ids, "ids", "", "the prompt as token ids: 1,2,3")
}

// addText adds what says a prompt that is text.
func (p *promptFlags) addText(f *pflag.FlagSet) {
	f.StringArrayVar(&p.texts, "prompt", nil, "prompt; in a chat repeatable: user, assistant, user, ...")
	f.StringVar(&p.file, "prompt-file", "", "read the prompt from a file; - is standard input")
	f.BoolVar(&p.chat, "chat", false, "put the prompt into the model's chat template")
	f.StringVar(&p.system, "system", "", "system message of the chat")
	f.StringVar(&p.prefill, "prefill", "", "beginning of the assistant's answer in the chat")
	f.BoolVar(&p.noBOS, "no-bos", false, "leave out the tokens that the tokenizer puts around a text")
	f.BoolVar(&p.parseSpecial, "parse-special", false, "read the names of special tokens as these tokens")
}

// check refuses flags that contradict each other.
func (p *promptFlags) check(cmd *cobra.Command) error {
	set := func(name string) bool { return cmd.Flags().Changed(name) }
	var sources []string
	for _, name := range promptSources {
		if set(name) {
			sources = append(sources, "--"+name)
		}
	}
	switch {
	case len(sources) == 0:
		return usagef(cmd, "there is no prompt: pass --prompt, --prompt-file or --ids")
	case len(sources) > 1:
		return usagef(cmd, "%s are different ways to give one prompt: pass only one", strings.Join(sources, " and "))
	case p.chat && set("ids"):
		return usagef(cmd, "--chat makes the prompt from text and can't be used with --ids")
	case !p.chat && len(p.texts) > 1:
		return usagef(cmd, "there are %d prompts: without --chat, which takes them as turns, pass one", len(p.texts))
	case p.chat && len(p.texts) > 0 && len(p.texts)%2 == 0:
		return usagef(cmd, "the last of %d turns is the assistant's, but the user's is needed: begin the answer with --prefill", len(p.texts))
	}
	if _, err := parseIDs(cmd, p.ids); err != nil {
		return err
	}
	for _, name := range []string{"system", "prefill"} {
		if set(name) && !p.chat {
			return usagef(cmd, "--%s needs --chat", name)
		}
	}
	for _, name := range []string{"no-bos", "parse-special"} {
		if set(name) && set("ids") {
			return usagef(cmd, "--%s has no meaning with --ids", name)
		}
	}
	if p.noBOS && p.chat {
		return usagef(cmd, "--no-bos has no meaning with --chat: the template says what stands where")
	}
	return nil
}

// given reports whether there is a prompt at all.
func (p *promptFlags) given(cmd *cobra.Command) bool {
	return slices.ContainsFunc(promptSources, cmd.Flags().Changed)
}

// byID reports whether the prompt is given as ids.
func (p *promptFlags) byID(cmd *cobra.Command) bool { return cmd.Flags().Changed("ids") }

// tokenizer opens the model's tokenizer; nil if the model has none that can be
// used and the prompt of ids can do without.
func (p *promptFlags) tokenizer(cmd *cobra.Command, model string) (*tokenizer.Tokenizer, error) {
	t, err := embedded.OpenTokenizer(model)
	if err != nil && p.byID(cmd) {
		return nil, nil
	}
	return t, err
}

// read returns the prompt. The tokenizer may be nil for ids.
func (p *promptFlags) read(cmd *cobra.Command, t *tokenizer.Tokenizer) (generate.Prompt, error) {
	if p.byID(cmd) {
		ids, err := parseIDs(cmd, p.ids)
		if err != nil {
			return generate.Prompt{}, err
		}
		return generate.IDPrompt(t, ids)
	}
	texts := p.texts
	if p.file != "" {
		text, err := readPrompt(cmd, p.file)
		if err != nil {
			return generate.Prompt{}, err
		}
		texts = []string{text}
	}
	if !p.chat {
		return generate.RawPrompt(t, texts[0], tokenizer.EncodeOptions{NoSpecial: p.noBOS, ParseSpecial: p.parseSpecial})
	}
	var messages []tokenizer.Message
	if p.system != "" {
		messages = append(messages, tokenizer.Message{Role: "system", Content: p.system})
	}
	for i, text := range texts {
		messages = append(messages, tokenizer.Message{Role: []string{"user", "assistant"}[i%2], Content: text})
	}
	return generate.ChatPrompt(t, messages, p.prefill, p.parseSpecial)
}

// parseIDs reads token ids with commas or spaces between them.
func parseIDs(cmd *cobra.Command, text string) ([]int, error) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	ids := make([]int, len(fields))
	for i, field := range fields {
		id, err := strconv.Atoi(field)
		if err != nil {
			return nil, usagef(cmd, "--ids takes whole numbers with commas between them, not %q", field)
		}
		ids[i] = id
	}
	return ids, nil
}

// readPrompt reads a file, or standard input, without the newline at its end.
func readPrompt(cmd *cobra.Command, name string) (string, error) {
	text, err := readInput(cmd.Context(), cmd.InOrStdin(), name, maxPromptFile)
	if err != nil {
		return "", fmt.Errorf("cannot read the prompt: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}
