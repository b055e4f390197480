import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { helpFor, usage } from '../../../electron/cli/help.ts'
import { createJsonReporter } from '../../../electron/cli/output/json-output.ts'
import { commands, isCommandName } from '../../../electron/cli/options.ts'
import { projectFolder } from '../../support/temp-project.ts'

const names = Object.keys(commands).filter(isCommandName)

test('lists every command, variable and exit code in the help', () => {
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

test.each(names)('lists the options and exit codes in the help of %s', (name) => {
  const help = helpFor(name)
  const flags = Object.keys(commands[name].options).map((option) => `--${option}`)
  expect(help.startsWith(`modelferry ${name}`)).toBe(true)
  expect([...flags, 'Exit codes'].filter((word) => !help.includes(word))).toEqual([])
})

test('keeps every line of the help within 120 columns', () => {
  const wide = [usage, ...names.map(helpFor)].flatMap((help) =>
    help.split('\n').filter((line) => line.length > 120),
  )
  expect(wide).toEqual([])
})

test('documents every JSON event', () => {
  const page = readFileSync(join(projectFolder, 'docs/command-line.md'), 'utf8')
  const said: string[] = []
  const reporter = createJsonReporter({ out: { write: (text) => said.push(text) } }, { quiet: false })
  reporter.skipped('a.txt', 'junk')
  reporter.notResumed({ id: '1', file: 'a.safetensors', reason: 'running' })
  reporter.connectivity('offline')
  reporter.stopped({ kept: true, uploads: 1, leftBehind: 0 })
  const members = said.flatMap((line) => {
    const { event, ...facts } = JSON.parse(line) as Record<string, unknown>
    return [String(event), ...Object.keys(facts)]
  })
  expect(members.filter((member) => !page.includes(`\`${member}\``))).toEqual([])
})
