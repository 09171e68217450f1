package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"tiller/model/tokenizer"
	"tiller/tui/plain"
)

// maxTokenizeText bounds standard input in bytes.
const maxTokenizeText = 1 << 30

// tokensReport is what `tokenize --json` prints.
type tokensReport struct {
	IDs    []int    `json:"ids"`
	Pieces []string `json:"pieces"` // a part of a character shows as U+FFFD
}

func newTokenize() *cobra.Command {
	var path string
	var o tokenizer.EncodeOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "tokenize",
		Short:   "Show the tokens of a text",
		Long:    "Reads a text from standard input, exactly as it comes, and shows its tokens.",
		Example: `printf 'Once upon a time' | tiller tokenize --model SmolLM2-135M.gguf`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needModel(cmd, path); err != nil {
				return err
			}
			t, err := embedded.OpenTokenizer(path)
			if err != nil {
				return err
			}
			text, err := readInput(cmd.Context(), cmd.InOrStdin(), "-", maxTokenizeText)
			if err != nil {
				return err
			}
			tokens, err := t.Encode(string(text), o)
			if err != nil {
				return hint(path, fmt.Errorf("standard input: %w", err))
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), reportTokens(tokens))
			}
			return writeTokens(cmd.OutOrStdout(), tokens)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&path, "model", "", "Hugging Face folder, GGUF file, embedded:NAME, or tokenizer.json")
	f.BoolVar(&o.NoSpecial, "no-bos", false, "leave out the tokens that the tokenizer puts around a text")
	f.BoolVar(&o.ParseSpecial, "parse-special", false, "read the names of special tokens in the text as these tokens")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func reportTokens(tokens []tokenizer.Token) tokensReport {
	r := tokensReport{IDs: []int{}, Pieces: []string{}}
	for _, t := range tokens {
		r.IDs = append(r.IDs, t.ID)
		r.Pieces = append(r.Pieces, t.Piece)
	}
	return r
}

// writeTokens prints one token a line for people.
func writeTokens(w io.Writer, tokens []tokenizer.Token) error {
	table := plain.Table{Right: []bool{true, true}}
	table.Row("position", "id", "piece", "bytes")
	for i, t := range tokens {
		kind := ""
		if t.Special {
			kind = "special"
		}
		table.Row(strconv.Itoa(i), strconv.Itoa(t.ID), quoted(t.Piece), fmt.Sprintf("%d-%d", t.Start, t.End), kind)
	}
	return table.Write(w)
}

// quoted puts a piece between marks, so that its spaces can be seen.
func quoted(piece string) string { return "‹" + piece + "›" }
