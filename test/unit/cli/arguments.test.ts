import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parseCommand, UsageError } from '../../../electron/cli/arguments.ts'

const parse = (line: string) => parseCommand(line.split(' ').filter(Boolean))

const defaults = { json: false, quiet: false, limitBytesPerSecond: undefined, streamsMost: undefined }

test('parses the paths, team, target and format of an upload', () => {
  expect(parse('upload a.safetensors b --team Studio --type loras --json')).toEqual({
    ...defaults,
    name: 'upload',
    paths: ['a.safetensors', 'b'],
    teams: ['Studio'],
    json: true,
    target: { modelType: 'loras' },
    allow: new Set(),
    yes: false,
    dryRun: false,
    abortOnInterrupt: false,
    detach: false,
  })
  expect(parse('upload --path models/x.gguf a.gguf --name=X -q --abort-on-interrupt')).toEqual({
    ...defaults,
    name: 'upload',
    paths: ['a.gguf'],
    teams: [],
    quiet: true,
    target: { modelPath: 'models/x.gguf', displayName: 'X' },
    allow: new Set(),
    yes: false,
    dryRun: false,
    abortOnInterrupt: true,
    detach: false,
  })
})

test.each([
  ['--allow-pickle', ['file-suspicious', 'file-not-scanned']],
  ['--allow-dangerous-pickle', ['file-suspicious', 'file-not-scanned', 'file-dangerous']],
  ['--follow-links', ['file-outside']],
])('%s accepts %j', (option, codes) => {
  expect(parse(`upload a ${option}`)).toMatchObject({ allow: new Set(codes) })
})

test('parses a speed limit and a number of connections for upload and resume', () => {
  expect(parse('upload a --limit 5M --streams 8')).toMatchObject({
    limitBytesPerSecond: 5_000_000,
    streamsMost: 8,
  })
  expect(parse('resume --limit off --json')).toEqual({
    ...defaults,
    name: 'resume',
    json: true,
    limitBytesPerSecond: null,
  })
})

test('parses what an upload does without questions and with path conflicts', () => {
  expect(parse('upload a')).toMatchObject({ yes: false, dryRun: false, onConflict: undefined })
  expect(parse('upload a -y --dry-run --on-conflict rename')).toMatchObject({
    yes: true,
    dryRun: true,
    onConflict: 'rename',
  })
})

test('treats words after -- as files', () => {
  expect(parse('upload --json -- --team --help')).toMatchObject({
    paths: ['--team', '--help'],
    teams: [],
    json: true,
  })
})

test.each([
  ['login', { name: 'login', by: 'pairing', email: null }],
  ['login --email a@b.c', { name: 'login', by: 'password', email: 'a@b.c' }],
  ['login --key -', { name: 'login', by: 'key', email: null }],
  ['logout', { name: 'logout', account: null, data: null }],
  ['logout a@b.c', { name: 'logout', account: 'a@b.c', data: null }],
  ['logout --remove', { name: 'logout', account: null, data: 'removed' }],
  ['logout --keep', { name: 'logout', account: null, data: 'kept' }],
  ['accounts --json', { name: 'accounts', json: true, discardEncrypted: false }],
  ['accounts --discard-encrypted', { name: 'accounts', json: false, discardEncrypted: true }],
  ['teams', { name: 'teams', json: false }],
  ['teams --json', { name: 'teams', json: true }],
  ['status', { name: 'status', follow: false, json: false }],
  ['status -f --json', { name: 'status', follow: true, json: true }],
  ['pause a b', { name: 'change-uploads', verb: 'pause', uploads: ['a', 'b'] }],
  ['resume --all', { name: 'change-uploads', verb: 'resume', uploads: [] }],
  ['retry a', { name: 'change-uploads', verb: 'retry', uploads: ['a'] }],
  ['remove a -y', { name: 'change-uploads', verb: 'remove', uploads: ['a'], yes: true }],
  ['move a --first', { name: 'change-uploads', verb: 'move', uploads: ['a'], to: 'first' }],
  ['move a --before b', { name: 'change-uploads', verb: 'move', uploads: ['a'], to: { before: 'b' } }],
  ['limit', { name: 'change-uploads', verb: 'limit' }],
  ['limit 5M', { name: 'change-uploads', verb: 'limit', bytesPerSecond: 5_000_000 }],
  ['limit off', { name: 'change-uploads', verb: 'limit', bytesPerSecond: null }],
  ['inspect a b --json', { name: 'inspect', paths: ['a', 'b'], output: 'json' }],
  ['inspect a --report', { name: 'inspect', paths: ['a'], output: 'report' }],
  ['verify r.json', { name: 'verify', receipt: 'r.json', file: null, json: false }],
  ['verify r.json --file a --json', { name: 'verify', receipt: 'r.json', file: 'a', json: true }],
  ['inspect a', { name: 'inspect', paths: ['a'], output: 'text' }],
  ['status --json', { name: 'status', follow: false, json: true }],
  ['find', { name: 'find', team: null, json: false }],
  ['find --team Lab --json', { name: 'find', team: 'Lab', json: true }],
  ['history', { name: 'history', search: '', count: 50, json: false }],
  ['history harbour --count 3 --json', { name: 'history', search: 'harbour', count: 3, json: true }],
  ['library list lora', { name: 'library', team: null, json: false, action: 'list', search: 'lora' }],
  [
    'library rm a b -y',
    { name: 'library', team: null, json: false, action: 'rm', models: ['a', 'b'], yes: true },
  ],
  [
    'library rename a --name b --team Lab',
    { name: 'library', team: 'Lab', json: false, action: 'rename', models: ['a'], newName: 'b' },
  ],
  ['log a', { name: 'log', upload: 'a', json: false }],
  ['log a --json', { name: 'log', upload: 'a', json: true }],
  ['check', { name: 'check', storage: false, team: null, json: false }],
  ['check --storage --team Lab --json', { name: 'check', storage: true, team: 'Lab', json: true }],
  ['workflow w.json', { ...defaults, name: 'workflow', file: resolve('w.json'), team: null, upload: false }],
  [
    'workflow w.json --team Lab --upload --json -q --streams 64',
    {
      ...defaults,
      name: 'workflow',
      file: resolve('w.json'),
      team: 'Lab',
      upload: true,
      json: true,
      quiet: true,
      streamsMost: 64,
    },
  ],
  ['resume -q', { ...defaults, name: 'resume', quiet: true }],
  ['help', { name: 'help', about: null }],
  ['--help', { name: 'help', about: null }],
  ['-h', { name: 'help', about: null }],
  ['help upload', { name: 'help', about: 'upload' }],
  ['upload --help', { name: 'help', about: 'upload' }],
  ['upload a --tema -h', { name: 'help', about: 'upload' }],
  ['--version', { name: 'version' }],
  ['-v', { name: 'version' }],
])('parses "%s"', (line, command) => {
  expect(parse(line)).toEqual(command)
})

test.each([
  ['', 'modelferry: upload model files'],
  ['download x', 'Unknown command "download". Run: modelferry help'],
  ['uplaod x', 'Unknown command "uplaod". Did you mean "upload"?'],
  ['stat', 'Did you mean "status"?'],
  ['help fly', 'Unknown command "fly"'],
  ['upload', 'No files given.'],
  ['upload --json', 'No files given.'],
  ['upload a --tema x', 'Unknown option "--tema". Did you mean "--team"?'],
  ['upload a --abort', 'Did you mean "--abort-on-interrupt"?'],
  ['upload a -z', 'Unknown option "-z". Run: modelferry help'],
  ['upload a --team', '--team'],
  ['upload a --json=yes', '--json'],
  ['upload a b --path p', '--path and --name can only be used with a single file'],
  ['upload a b --name n', '--path and --name can only be used with a single file'],
  ['upload a --limit fast', '--limit must be a speed such as 5M'],
  ['upload a --limit 1K', '--limit must be a speed such as 5M'],
  ['resume --streams 0', '--streams must be a number from 1 to 64.'],
  ['resume --streams=', '--streams must be a number from 1 to 64.'],
  ['resume --streams 2.5', '--streams must be a number from 1 to 64.'],
  ['upload a --streams 65', '--streams must be a number from 1 to 64.'],
  ['upload a --on-conflict overwrite', '--on-conflict must be one of: '],
  ['inspect', 'No files given.'],
  ['inspect a --json --report', '--json and --report exclude each other.'],
  ['accounts --json --discard-encrypted', '--json and --discard-encrypted exclude each other.'],
  ['verify', 'No receipt given.'],
  ['log', 'No upload given.'],
  ['workflow', 'No file given.'],
  ['check --team Lab', 'Use --team only with --storage.'],
  ['pause', 'Or use --all.'],
  ['retry --all a', 'Name uploads or use --all, not both.'],
  ['remove', 'No upload given.'],
  ['move a', 'Use one of --first, --last and --before.'],
  ['move a --first --last', 'Use one of --first, --last and --before.'],
  ['history --count 0', '--count must be a number from 1.'],
  ['library', 'Use library with one of: list, show'],
  ['library show', 'No model given.'],
  ['library rename a b --name c', 'Use rename with one model and --name.'],
  ['limit fast', 'The limit must be a speed such as 5M'],
  ['logout a b', '"b" is an unexpected argument'],
  ['logout --remove --keep', 'Use either --remove or --keep, not both.'],
  [
    'login --key dk-1234',
    'Don’t put the key in the command. Use --key - and pass the key on standard input.',
  ],
  ['login --email a@b.c --key -', 'Use either --email or --key'],
  ['teams --yaml', 'Unknown option "--yaml"'],
  ['login --password x', 'Unknown option "--password"'],
])('rejects "%s" with a message', (line, sentence) => {
  expect(() => parse(line)).toThrow(UsageError)
  expect(() => parse(line)).toThrow(sentence)
})
