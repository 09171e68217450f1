// Writes expected/NAME.json.gz: what the npm package tokenizers makes of the
// strings of strings.json.gz with a tokenizer.json.
//
//   npm install tokenizers@0.23.2 && node expect.mjs NAME=TOKENIZER.json ...
//
// sha256 is that of the tokenizer.json; ids are those of each string; texts are
// what the ids decode to, null where that is the string.
import { Tokenizer } from 'tokenizers'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'

const strings = JSON.parse(gunzipSync(readFileSync('strings.json.gz')))
mkdirSync('expected', { recursive: true })
for (const arg of process.argv.slice(2)) {
  const [name, path] = arg.split('=')
  const file = readFileSync(path)
  const t = Tokenizer.fromString(file.toString())
  t.disableTruncation()
  t.disablePadding()
  const ids = []
  const texts = []
  for (const s of strings) {
    const row = (await t.encode(s, null, { addSpecialTokens: true })).getIds()
    const text = await t.decode(row, false)
    ids.push(row)
    texts.push(text === s ? null : text)
  }
  const sha256 = createHash('sha256').update(file).digest('hex')
  const z = gzipSync(Buffer.from(JSON.stringify({ sha256, ids, texts })), { level: 9 })
  writeFileSync(`expected/${name}.json.gz`, z)
  console.log(name, z.length)
}
