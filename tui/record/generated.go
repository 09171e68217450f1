package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"tiller/tui/engine"
)

// Tokens are most of a log, so they are written short. Each is a list: lane,
// id, log-probability, 1 if it was steered and else 0, the terms that fired,
// text, piece. In the place of the lane stands a list of it and the token's
// index where that is not the one after the lane's last. What is left out at
// the end is as zero, but text and piece are those that the id had last in the
// log. A message that brings tokens alone is a list: generation, rate, tokens.

// word is what a token says.
type word struct{ text, piece string }

// streamed is such a message.
type streamed engine.Generated

// onlyTokens reports whether a message brings tokens alone.
func onlyTokens(g engine.Generated) bool {
	return len(g.Tokens) > 0 && g.Begun == nil && g.Ended == nil && !g.Done
}

func (c *coder) appendStreamed(b []byte, msg streamed) []byte {
	b = strconv.AppendInt(append(b, '['), int64(msg.Gen), 10)
	b = appendFloat(append(b, ','), msg.Rate, 64)
	for _, t := range msg.Tokens {
		b = c.appendToken(append(b, ','), t)
	}
	return append(b, ']')
}

func (c *coder) readStreamed(raw json.RawMessage) (g engine.Generated, err error) {
	var items []json.RawMessage
	if err := unmarshal(raw, &items); err != nil {
		return g, err
	}
	if len(items) < 3 {
		return g, errors.New("there are no tokens")
	}
	if err := unmarshal(items[0], &g.Gen); err != nil {
		return g, err
	}
	if g.Rate, err = readFloat(items[1], 64); err != nil {
		return g, err
	}
	g.Tokens, err = c.readTokens(items[2:])
	return g, err
}

// appendGenerated writes a message that also says that lanes began or ended.
func (c *coder) appendGenerated(b []byte, msg engine.Generated) ([]byte, error) {
	tokens := msg.Tokens
	msg.Tokens = nil
	b, err := c.appendValue(b, reflect.ValueOf(msg))
	if err != nil || tokens == nil {
		return b, err
	}
	b = b[:len(b)-1] // the brace
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, `"tokens":[`...)
	for i, t := range tokens {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.appendToken(b, t)
	}
	return append(b, "]}"...), nil
}

func (c *coder) readGenerated(raw json.RawMessage) (msg engine.Generated, err error) {
	var members map[string]json.RawMessage
	if err := unmarshal(raw, &members); err != nil {
		return msg, err
	}
	tokens := members["tokens"]
	delete(members, "tokens")
	if err := c.readMembers(members, reflect.ValueOf(&msg).Elem()); err != nil || tokens == nil {
		return msg, err
	}
	var items []json.RawMessage
	if err := unmarshal(tokens, &items); err != nil {
		return msg, fmt.Errorf("tokens: %w", err)
	}
	msg.Tokens, err = c.readTokens(items)
	return msg, err
}

func (c *coder) appendToken(b []byte, t engine.Token) []byte {
	b = append(b, '[')
	if t.Index == c.next[t.Lane] {
		b = strconv.AppendInt(b, int64(t.Lane), 10)
	} else {
		b = fmt.Appendf(b, "[%d,%d]", t.Lane, t.Index)
	}
	c.next[t.Lane] = t.Index + 1
	b = strconv.AppendInt(append(b, ','), int64(t.ID), 10)
	b = appendFloat(append(b, ','), t.LogProb, 64)
	said := word{t.Text, t.Piece}
	before, known := c.words[t.ID]
	known = known && before == said
	if known && !t.Steered && t.Terms == nil {
		return append(b, ']')
	}
	b = append(b, ',', '0')
	if t.Steered {
		b[len(b)-1] = '1'
	}
	if known && t.Terms == nil {
		return append(b, ']')
	}
	b, _ = c.appendValue(append(b, ','), reflect.ValueOf(t.Terms)) // whole numbers can always be written
	if !known {
		c.words[t.ID] = said
		b = appendText(append(b, ','), said.text)
		b = appendText(append(b, ','), said.piece)
	}
	return append(b, ']')
}

func (c *coder) readTokens(items []json.RawMessage) ([]engine.Token, error) {
	tokens := make([]engine.Token, len(items))
	for i, item := range items {
		if err := c.readToken(item, &tokens[i]); err != nil {
			return nil, fmt.Errorf("token %d: %w", i, err)
		}
	}
	return tokens, nil
}

func (c *coder) readToken(raw json.RawMessage, t *engine.Token) error {
	var row []json.RawMessage
	if err := unmarshal(raw, &row); err != nil {
		return err
	}
	if n := len(row); n != 3 && n != 4 && n != 5 && n != 7 {
		return fmt.Errorf("it has %d parts", n)
	}
	if err := c.readPlace(row[0], t); err != nil {
		return err
	}
	steered := 0
	parts := []any{&t.ID, &t.LogProb, &steered, &t.Terms, &t.Text, &t.Piece}
	for i, part := range row[1:] {
		if err := c.readValue(part, reflect.ValueOf(parts[i]).Elem()); err != nil {
			return err
		}
	}
	t.Steered = steered == 1
	if len(row) == 7 {
		c.words[t.ID] = word{t.Text, t.Piece}
		return nil
	}
	said, ok := c.words[t.ID]
	if !ok {
		return fmt.Errorf("no text was given for the id %d before", t.ID)
	}
	t.Text, t.Piece = said.text, said.piece
	return nil
}

// readPlace reads a token's lane, and its index.
func (c *coder) readPlace(raw json.RawMessage, t *engine.Token) error {
	if len(raw) == 0 || raw[0] != '[' {
		err := unmarshal(raw, &t.Lane)
		t.Index = c.next[t.Lane]
		c.next[t.Lane]++
		return err
	}
	var place []int
	if err := unmarshal(raw, &place); err != nil {
		return err
	}
	if len(place) != 2 {
		return errors.New("a place is a lane and an index")
	}
	t.Lane, t.Index = place[0], place[1]
	c.next[t.Lane] = t.Index + 1
	return nil
}
