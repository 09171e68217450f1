package main

import "github.com/spf13/cobra"

func newLab() *cobra.Command {
	return group(&cobra.Command{
		Use:   "lab",
		Short: "Make the small models inside tiller, and questions for them",
	}, newLabBuild(), newLabVerify(), newLabProblems())
}
