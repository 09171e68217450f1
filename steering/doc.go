// Package steering turns a plan, such as "happy*2@2-4[gen]", into edits of a
// model's residual stream.
//
// A [Vector] holds directions by layer. A [Plan] is an ordered list of terms,
// each an operation with a vector, a strength, layers, a position selector and
// a gate; it has a text and a JSON form. [Compile] binds a plan to one lane's
// prompt and vectors and returns a [Program], which decides at every position
// which terms fire, edits the rows there, and keeps count of what it did.
//
// Layer L is the residual stream right after block L, 0-based; layer -1
// ([Embed]) is the stream before block 0. Position p is the 0-based index of a
// token in its lane, prompt included.
package steering
