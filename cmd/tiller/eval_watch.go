package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tiller/steering/eval"
	"tiller/tui/visible"
	"tiller/tui/watch"
)

// screen is what a screen to watch the run on needs; nil if there is to be
// none.
func (o *evalFlags) screen(cmd *cobra.Command) *sitting {
	if o.json || o.plain || !hasScreen() {
		return nil
	}
	s := loadSitting()
	if s.settings.Plain {
		return nil
	}
	for _, w := range s.warnings { // about the config file: no reason not to compute
		fmt.Fprintf(cmd.ErrOrStderr(), "tiller: %s\n", visible.Line(w))
	}
	return s
}

// watched computes the run while a screen says how far it is. Whatever becomes
// of the one, the other comes to its end, also if computing panics.
func (e *evaluation) watched(ctx context.Context, cmd *cobra.Command, s *sitting, interrupt func(again bool)) (err error) {
	screen := watch.New(watch.Options{Spec: e.spec, Folder: e.flags.out, Settings: s.settings, Keys: s.keys, Interrupt: interrupt})
	if err := eval.ReadSamples(e.flags.out, screen.Seed); err != nil {
		return err
	}
	p := newProgram(context.Background(), screen, s.settings)
	ended := make(chan error, 1)
	go func() {
		err := p.run()
		interrupt(false) // that nobody watches is no reason to go on
		ended <- err
	}()
	feed := new(watch.Feed)
	fed := make(chan struct{})
	feeding, stop := context.WithCancel(context.Background())
	go func() {
		defer close(fed)
		feed.Run(feeding, p.Send)
	}()
	defer func() {
		stop()
		<-fed
		p.Send(watch.Over{})
		err = errors.Join(err, <-ended)
	}()
	go interrupts(ctx, cmd.Context(), func(again bool) {
		p.Send(watch.Stopping{Again: again})
		interrupt(again)
	})
	e.run.Options.Progress = feed.Take
	return e.run.Compute(ctx)
}
