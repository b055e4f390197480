import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { helpFor, usage } from '../../../electron/cli/help.ts'
import { createJsonReporter } from '../../../electron/cli/output/json-output.ts'
import { createTextStream } from '../../../electron/cli/output/text-stream.ts'
import { commands, isCommandName } from '../../../electron/cli/options.ts'
import { failure } from '../../../electron/contract/failures.ts'
import { patchOf, registeredRow, row, sendingRow } from '../../components/support/rows.ts'
import { projectFolder } from '../../support/temp-project.ts'

const names = Object.keys(commands).filter(isCommandName)

test('lists every command, variable and exit code in the help', () => {
  const variables = ['SERVER', 'TOKEN', 'TEAM', 'REVIEW', 'LIMIT', 'HOME', 'MULTIPART_FROM'].map(
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

test('the exit codes that scripts depend on are those of the help', () => {
  const [, table = ''] = usage.split('Exit codes\n')
  const meanings = Object.fromEntries(
    Object.entries(exitCodes).map(([name, code]) => [
      name,
      new RegExp(`^  ${code} +(.*)$`, 'm').exec(table)?.[1] ?? code,
    ]),
  )
  expect(meanings).toEqual({
    ok: 'success',
    someFailed: 'an error occurred',
    usage: 'invalid command, option or variable',
    notSignedIn: 'not signed in',
    interrupted: 'interrupted by Ctrl-C (143: terminated by SIGTERM)',
    hungUp: 129,
    terminated: 143,
  })
})

test.each(names)('lists the options and exit codes in the help of %s', (name) => {
  const help = helpFor(name)
  const flags = Object.keys(commands[name].options).map((option) => `--${option}`)
  expect(help.startsWith(`modelferry ${name}`)).toBe(true)
  expect([...flags, 'Exit codes'].filter((word) => !help.includes(word))).toEqual([])
})

test('the help of a command begins with its usage and what it does', () => {
  expect(helpFor('workflow').split('\n').slice(0, 4)).toEqual([
    'modelferry workflow <file> [options]',
    '',
    'List the models that a ComfyUI workflow needs and which ones the team is missing.',
    '',
  ])
  const options = helpFor('workflow').split('\n')
  expect(options).toContain('      --upload             upload missing models that are on this computer')
  expect(options).toContain('  -q, --quiet              only print failures; with --json, no progress events')
  expect(helpFor('status').startsWith('modelferry status [options]\n')).toBe(true)
})

test('keeps every line of the help within 120 columns', () => {
  const wide = [usage, ...names.map(helpFor)].flatMap((help) =>
    help.split('\n').filter((line) => line.length > 120),
  )
  expect(wide).toEqual([])
})

test('documents every JSON event of an upload with its members', () => {
  const page = readFileSync(join(projectFolder, 'docs/json-output.md'), 'utf8')
  const written: string[] = []
  const reporter = createJsonReporter(
    { out: createTextStream({ write: (text) => written.push(text) }) },
    { quiet: false },
  )
  const failing = row('Flux', { failure: failure('server-trouble', { status: 503 }, { detail: 'busy' }) })
  reporter.signInDelayed(failure('server-trouble', { status: 503 }, { detail: 'busy' }), 1)
  reporter.queued(row('Flux'))
  reporter.skipped({ name: 'backup/a.safetensors', reason: 'duplicate', kept: 'a.safetensors' })
  reporter.linksSkipped(2)
  reporter.verified(row('Flux'), { kind: 'not-verified', reason: 'unsupported', isFinal: true, atMs: 1 })
  reporter.verified(row('Flux'), { kind: 'differs', differences: [], atMs: 1 })
  reporter.notResumed({ id: '1', file: 'a.safetensors', reason: 'running' })
  const pausing = { isSingle: true, finishingParts: 1, unacknowledgedBytes: 5, uploadCount: 1 }
  reporter.progress([{ ...sendingRow('Flux'), pausing }], {
    running: [],
    totals: patchOf(1, []).totals,
    uploadCount: 1,
    endedCount: 0,
  })
  reporter.waiting(failing)
  reporter.connectivity('offline')
  reporter.registered(registeredRow('Flux'))
  reporter.alreadyInLibrary(registeredRow('Flux'))
  reporter.libraryNotListed(failure('server-trouble', { status: 503 }, { detail: 'busy' }))
  reporter.failed(failing)
  reporter.modelEnded(registeredRow('Flux'), { fileCount: 2, presentCount: 1, missing: ['vae/'] })
  reporter.pausing(pausing)
  reporter.stopped({ kept: true, uploads: 1, leftBehind: 0 })
  const events = new Set<unknown>()
  const undocumented = written.flatMap((line) => {
    const { event, ...members } = JSON.parse(line) as Record<string, unknown>
    events.add(event)
    const entry = page.split('\n').find((text) => text.startsWith(`| \`${String(event)}\` `)) ?? ''
    return [
      ...(entry ? [] : [event]),
      ...Object.keys(members).filter((name) => !entry.includes(`\`${name}\``)),
    ]
  })
  const { finished: _, suspendOutput: __, continueOutput: ___, ...reports } = reporter
  expect([events.size, undocumented]).toEqual([Object.keys(reports).length, []])
})
