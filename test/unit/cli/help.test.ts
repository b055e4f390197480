import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { helpFor, usage } from '../../../electron/cli/help.ts'
import { createJsonReporter } from '../../../electron/cli/output/json-output.ts'
import { commands, isCommandName } from '../../../electron/cli/options.ts'
import { projectFolder } from '../../support/temp-project.ts'

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

test('the page for scripts tells of each event that scripts read', () => {
  const page = readFileSync(join(projectFolder, 'docs/command-line.md'), 'utf8')
  const said: string[] = []
  const teller = createJsonReporter({ out: { write: (text) => said.push(text) } }, { quiet: false })
  teller.skipped('a.txt', 'junk')
  teller.notResumed({ id: '1', file: 'a.safetensors', reason: 'running' })
  teller.connectivity('offline')
  teller.stopped({ kept: true, uploads: 1, leftBehind: 0 })
  const members = said.flatMap((line) => {
    const { event, ...facts } = JSON.parse(line) as Record<string, unknown>
    return [String(event), ...Object.keys(facts)]
  })
  expect(members.filter((member) => !page.includes(`\`${member}\``))).toEqual([])
})
