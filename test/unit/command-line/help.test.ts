import { expect, test } from 'vitest'
import { helpFor, usage } from '../../../electron/command-line/help.ts'
import { commands, isCommandName } from '../../../electron/command-line/options.ts'

const names = Object.keys(commands).filter(isCommandName)

test('the help names every command, variable and exit code', () => {
  const variables = ['SERVER', 'TOKEN', 'TEAM', 'LIMIT', 'HOME', 'MULTIPART_FROM'].map(
    (name) => `MODELFERRY_${name}`,
  )
  const lines = usage.split('\n')
  const codes = ['0', '1', '2', '3', '130'].filter(
    (code) => !lines.some((line) => line.startsWith(`  ${code} `)),
  )
  const missing = [...names.map((name) => `modelferry ${name}`), ...variables].filter(
    (word) => !usage.includes(word),
  )
  expect([missing, codes]).toEqual([[], []])
})

test.each(names)('the help of %s names each of its options and the exit codes', (name) => {
  const help = helpFor(name)
  const flags = Object.keys(commands[name].options).map((option) => `--${option}`)
  expect(help.startsWith(`modelferry ${name}`)).toBe(true)
  expect([...flags, 'Exit codes'].filter((word) => !help.includes(word))).toEqual([])
})

test('no line of the help is wider than 120 places', () => {
  const wide = [usage, ...names.map(helpFor)].flatMap((help) =>
    help.split('\n').filter((line) => line.length > 120),
  )
  expect(wide).toEqual([])
})
