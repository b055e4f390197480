import { expect, test } from 'vitest'
import { parseCommand, usage, UsageError } from '../../../electron/command-line/arguments.ts'

const parse = (line: string) => parseCommand(line.split(' ').filter(Boolean))

test('an upload takes paths, a team, what is known of the model, and JSON', () => {
  expect(parse('upload a.safetensors b --team Studio --type loras --json')).toEqual({
    ...{ name: 'upload', paths: ['a.safetensors', 'b'], team: 'Studio', json: true },
    target: { modelType: 'loras' },
  })
  expect(parse('upload --path models/x.gguf a.gguf --name=X')).toEqual({
    ...{ name: 'upload', paths: ['a.gguf'], team: null, json: false },
    target: { modelPath: 'models/x.gguf', displayName: 'X' },
  })
})

test('a file whose name looks like an option goes behind two dashes', () => {
  expect(parse('upload --json -- --team')).toMatchObject({ paths: ['--team'], team: null, json: true })
})

test.each([
  ['login', { name: 'login', email: null }],
  ['login --email a@b.c', { name: 'login', email: 'a@b.c' }],
  ['logout', { name: 'logout' }],
  ['teams', { name: 'teams', json: false }],
  ['teams --json', { name: 'teams', json: true }],
  ['', { name: 'help' }],
  ['help', { name: 'help' }],
  ['--help', { name: 'help' }],
  ['-h', { name: 'help' }],
  ['--version', { name: 'version' }],
  ['-v', { name: 'version' }],
])('"%s" is understood', (line, command) => {
  expect(parse(line)).toEqual(command)
})

test.each([
  ['download x', 'There is no command "download"'],
  ['upload', 'Which files?'],
  ['upload --json', 'Which files?'],
  ['upload a --tema x', '--tema'],
  ['upload a --team', '--team'],
  ['upload a b --path p', '--path and --name are for one file'],
  ['upload a b --name n', '--path and --name are for one file'],
  ['logout now', 'now'],
  ['teams --yaml', '--yaml'],
  ['login --password x', '--password'],
])('"%s" is refused with a sentence', (line, sentence) => {
  expect(() => parse(line)).toThrow(UsageError)
  expect(() => parse(line)).toThrow(sentence)
})

test('the help names every command, option, variable and exit code', () => {
  const named = [
    'upload',
    'login',
    'logout',
    'teams',
    '--team',
    '--type',
    '--path',
    '--name',
    '--json',
    '--email',
  ]
  const variables = ['MODELFERRY_SERVER', 'MODELFERRY_TOKEN', 'MODELFERRY_TEAM', 'MODELFERRY_HOME']
  expect([...named, ...variables].filter((word) => !usage.includes(word))).toEqual([])
  expect(usage).toContain('0 all registered · 1 some failed · 2 not understood · 3 not signed in')
})
