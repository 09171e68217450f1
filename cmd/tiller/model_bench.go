package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"tiller/model"
	"tiller/model/bench"
	"tiller/tui/plain"
)

func newModelBench() *cobra.Command {
	var path string
	var threads int
	var asJSON bool
	o := bench.Options{Lanes: 2, PromptTokens: 128, GenTokens: 128}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast a model runs here",
		Long: "Measures how fast a model reads a prompt and generates on this machine, with one lane and with " +
			"several, beside how fast the machine can read memory at all, which bounds generation.",
		Example: "tiller model bench --model SmolLM2-135M.gguf --lanes 4",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := atLeast(cmd, 1, "lanes", "prompt-tokens", "gen-tokens"); err != nil {
				return err
			}
			if err := needModel(cmd, path); err != nil {
				return err
			}
			m, err := embedded.OpenModel(cmd.Context(), path, model.Options{Threads: threads})
			if err != nil {
				return err
			}
			defer m.Close()
			report, err := bench.Run(cmd.Context(), m, o)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), report)
			}
			return writeBench(cmd.OutOrStdout(), report)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	modelFlag(f, &path)
	threadsFlag(f, &threads)
	f.IntVar(&o.Lanes, "lanes", o.Lanes, "lanes that generate together in the second measurement")
	f.IntVar(&o.PromptTokens, "prompt-tokens", o.PromptTokens, "length of the prompt")
	f.IntVar(&o.GenTokens, "gen-tokens", o.GenTokens, "tokens to generate in each lane")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// writeBench prints what was measured for people.
func writeBench(w io.Writer, r bench.Result) error {
	var t plain.Table
	t.Row("reading a prompt", fmt.Sprintf("%.1f tokens/s", r.PrefillTokensPerSecond))
	t.Row("generating, one lane", fmt.Sprintf("%.1f tokens/s", r.DecodeTokensPerSecond))
	if r.Lanes > 1 {
		t.Row(fmt.Sprintf("generating, %d lanes", r.Lanes), fmt.Sprintf("%.1f tokens/s together; a step costs %.2f times that of one lane",
			r.LaneTokensPerSecond, float64(r.Lanes)*r.DecodeTokensPerSecond/r.LaneTokensPerSecond))
	}
	t.Row("weights read a token", fmt.Sprintf("%s bytes", grouped(r.WeightBytes)))
	t.Row("memory reads", fmt.Sprintf("%.1f GB/s measured beside it, of which one lane uses %.0f %%", r.ReadBandwidth/1e9, 100*r.BandwidthFraction))
	t.Row("threads", strconv.Itoa(r.Threads))
	t.Row("kernel", r.Kernel)
	if r.PeakRSSBytes > 0 {
		t.Row("memory at most", fmt.Sprintf("%s bytes, the mapped model included", grouped(r.PeakRSSBytes)))
	}
	return t.Write(w)
}
