import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { usage } from '../../../electron/cli/help.ts'
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
  reporter.notResumed({ id: '1', file: 'a.safetensors', reason: 'review' })
  const pausing = { isSingle: true, finishingParts: 1, unacknowledgedBytes: 5, uploadCount: 1 }
  reporter.progress([{ ...sendingRow('Flux'), pausing }], {
    running: [],
    totals: patchOf(1, []).totals,
    uploadCount: 1,
    endedCount: 0,
  })
  reporter.waiting(failing)
  reporter.connectivity('offline')
  reporter.held('paused', row('Flux'))
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
