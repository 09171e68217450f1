package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/steering"
	"tiller/tui/desk"
)

// talkHelp is what there is to type.
const talkHelp = `Type a question to ask it, or one of:
  /plan PLAN   steer by another plan; /plan alone says the present one
  /stronger    raise the strength of the plan's first term, and ask again
  /weaker      lower it, and ask again
  /again       ask the last question again
  /help        say this
  /quit        leave`

// talk is the screen for those who can't use one: a question a line, and the
// answers as labelled text.
func (o *exploreFlags) talk(cmd *cobra.Command) error {
	o.labelled = true
	if err := o.demonstrate(cmd); err != nil {
		return err
	}
	o.demonstration = false // its notes speak of what to type in a shell
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "tiller, plain. %s\n", talkHelp)
	if o.prompt.given(cmd) {
		if err := o.reply(cmd); err != nil {
			return err
		}
	}
	lines := readLines(cmd)
	for {
		fmt.Fprint(out, "\n> ")
		select {
		case <-cmd.Context().Done():
			return errInterrupted
		case line, open := <-lines:
			if !open {
				fmt.Fprintln(out)
				return nil
			}
			if quit, err := o.say(cmd, strings.TrimSpace(line)); quit || err != nil {
				return err
			}
		}
	}
}

// readLines hands on the lines of standard input until it ends.
func readLines(cmd *cobra.Command) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		s := bufio.NewScanner(cmd.InOrStdin())
		s.Buffer(nil, maxPromptFile)
		for s.Scan() {
			select {
			case lines <- s.Text():
			case <-cmd.Context().Done():
				return
			}
		}
	}()
	return lines
}

// say takes in one line. What is wrong with it is said, and ends nothing.
func (o *exploreFlags) say(cmd *cobra.Command, line string) (quit bool, err error) {
	command, rest, _ := strings.Cut(line, " ")
	switch command {
	case "":
		return false, nil
	case "/quit", "/q":
		return true, nil
	case "/help":
		fmt.Fprintln(cmd.OutOrStdout(), talkHelp)
		return false, nil
	case "/again":
		err = o.reply(cmd)
	case "/stronger", "/weaker":
		if err = o.turn(cmd, map[string]int{"/stronger": 1, "/weaker": -1}[command]); err == nil {
			err = o.reply(cmd)
		}
	case "/plan":
		err = o.replan(cmd, strings.TrimSpace(rest))
	default:
		if strings.HasPrefix(line, "/") {
			err = fmt.Errorf("there is no %s; /help says what there is", command)
			break
		}
		err = o.ask(cmd, line)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, errInterrupted) {
		return true, errInterrupted
	}
	if err != nil {
		complain(cmd.OutOrStdout(), err)
	}
	return false, nil
}

// ask asks another question. One that can't be read leaves the last as it is.
func (o *exploreFlags) ask(cmd *cobra.Command, question string) error {
	flag := cmd.Flags().Lookup("prompt")
	texts := flag.Value.(pflag.SliceValue)
	before, changed := texts.GetSlice(), flag.Changed
	if err := texts.Replace([]string{question}); err != nil {
		return err
	}
	flag.Changed = true
	err := o.reply(cmd)
	if err != nil {
		flag.Changed = changed
		err = errors.Join(err, texts.Replace(before))
	}
	return err
}

// reply asks the question of all lanes.
func (o *exploreFlags) reply(cmd *cobra.Command) error {
	if !o.prompt.given(cmd) {
		return errors.New("there is no question yet: type one")
	}
	return o.run(cmd)
}

// replan changes the plan, or says it.
func (o *exploreFlags) replan(cmd *cobra.Command, text string) error {
	if text != "" {
		if _, err := readPlan(cmd, text); err != nil {
			return err
		}
		o.plans = []string{text}
	}
	fmt.Fprintf(cmd.OutOrStdout(), "plan: %s\n", strings.Join(o.plans, " and "))
	return nil
}

// turn makes the first term of the last plan stronger by so many steps.
func (o *exploreFlags) turn(cmd *cobra.Command, steps int) error {
	if len(o.plans) == 0 {
		return errors.New("there is no plan to change: /plan PLAN gives one")
	}
	last := &o.plans[len(o.plans)-1]
	plan, err := readPlan(cmd, *last)
	if err != nil {
		return err
	}
	if len(plan.Terms) == 0 || plan.Terms[0].Strength.Varies() {
		return errors.New("the plan has no strength that is one number")
	}
	t := &plan.Terms[0]
	t.Strength = steering.Strength{Value: desk.Turned(*t, steps), Relative: t.Strength.Relative}
	*last = plan.String()
	return nil
}
