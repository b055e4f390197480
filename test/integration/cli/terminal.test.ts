import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { textWidth } from '../../../electron/cli/output/terminal-text.ts'
import { ALICE } from '../../cloud/accounts.ts'
import { startProgram } from '../../support/command-line.ts'
import { commandLineFile } from '../../support/runner/test-programs.ts'
import { partBytes, setupCommand } from '../../support/command-harness.ts'
import { leasedFile } from '../../support/leased-file.ts'
import {
  runOnClosingTerminal,
  runOnClosingTerminalBySetsid,
  runOnTerminal,
  terminalColumns,
  terminalLines,
} from '../../support/pseudo-terminal.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

test('shows a progress line per file and one for all, within the terminal’s width', async () => {
  const cli = await setupCommand()
  const { cloud, file } = cli
  const names = ['水墨画风格模型-非常非常长的文件名-最终版本.safetensors', 'blue.safetensors']
  const paths = [await file(names[0] ?? '', { sizeBytes: 4_000_000 }), await file(names[1] ?? '')]
  const held = cloud.hold('put-object', 'answer')
  const { ended, printed } = runOnTerminal(cli, 'upload', ...paths)
  await printed((out) => /blue\S* +\d+ %/.test(out) && /水墨.*…\S* +\d+ %/.test(out))
  held.release()
  const { code, out } = await ended
  const moving = terminalLines(out).filter((line) => / %  | files done/.test(line))
  expect(code).toBe(0)
  expect(moving.filter((line) => textWidth(line) >= terminalColumns)).toEqual([])
  expect(moving.some((line) => line.startsWith('水墨') && line.includes('…'))).toBe(true)
  expect(terminalLines(out)).toContain('2 in the library.')
  expect(terminalLines(out).filter((line) => line.startsWith('registered'))).toHaveLength(2)
})

test('cancels on Ctrl-D at the password prompt', async () => {
  const cli = await setupCommand()
  const { child, ended, printed } = runOnTerminal(cli, 'login', '--email', ALICE.email)
  await printed((out) => out.includes('Password:'))
  child.stdin?.write('\u0004')
  const { code, out } = await ended
  expect([code, terminalLines(out)]).toEqual([130, ['Password: ', 'Cancelled.']])
})

test('pauses the upload when the terminal is closed', async () => {
  const cli = await setupCommand()
  cli.stallAfterPart(2)
  const path = await cli.file('large.safetensors', { sizeBytes: 6 * partBytes })
  const { child, ended, printed } = runOnClosingTerminal(cli, 'upload', path)
  await printed((out) => /large\S* +[1-9]\d* %/.test(out))
  child.stdin?.end()
  expect((await ended).code).toBe(129)
  cli.cloud.clearFailures()
  const { uploads } = JSON.parse((await cli.run('status', '--json')).out) as { uploads: readonly object[] }
  expect(uploads).toMatchObject([{ phase: 'paused', runByPid: null }])
})

test('succeeds with setsid although the terminal is closed during the upload', async () => {
  const cli = await setupCommand()
  const held = cli.cloud.hold('put-object', 'answer')
  const path = await cli.file('blue.safetensors', { sizeBytes: 4_000_000 })
  const { child, ended, printed } = runOnClosingTerminalBySetsid(cli, 'upload', path)
  await printed((out) => /blue\S* +[1-9]\d* %/.test(out))
  child.stdin?.end()
  held.release()
  expect((await ended).code).toBe(0)
})

test('ends when the terminal is closed at a question', async () => {
  const cli = await setupCommand()
  const { child, ended, printed } = runOnClosingTerminal(cli, 'login', '--email', ALICE.email)
  await printed((out) => out.includes('Password:'))
  child.stdin?.end()
  // The end of the input may be noticed before the signal.
  expect([129, 130]).toContain((await ended).code)
})

test('removes control characters from file names', async () => {
  const cli = await setupCommand()
  const path = await cli.file('red\u001b[31m\u0007.safetensors')
  const piped = await cli.run('upload', path)
  const { out } = await runOnTerminal(cli, 'upload', path).ended
  expect([piped.out.includes('\u001b'), out.includes('\u001b[31m'), out.includes('\u0007')]).toEqual([
    ...[false, false, false],
  ])
})

test('writes no progress lines or control characters to a pipe', async () => {
  const { run, file } = await setupCommand()
  const { code, out, err } = await run('upload', await file('模型.safetensors'))
  // oxlint-disable-next-line no-control-regex -- checks that there are none
  expect([code, err, /[\u0000-\u0009\u000b-\u001f]/.test(out)]).toEqual([0, '', false])
  expect(terminalLines(out).map((line) => line.split(' ')[0])).toEqual(['queued', 'registered', 'verified'])
})

test('clears the progress lines on Ctrl-C and says how to resume', async () => {
  const cli = await setupCommand()
  const { cloud, file } = cli
  const held = cloud.hold('put-part', 'answer')
  // More parts than are sent at once, so that the pause leaves some.
  const path = await file('blue.safetensors', { sizeBytes: 8 * partBytes })
  const { child, ended, printed } = runOnTerminal(cli, 'upload', path)
  await printed((out) => /blue\S* +[1-9]\d* %/.test(out))
  child.stdin?.write('\u0003')
  await printed((out) => /Pausing, finishing \d parts?/.test(out))
  held.release()
  const { code, out } = await ended
  expect(code).toBe(130)
  expect(terminalLines(out).at(-1)).toBe(
    'Paused. Uploaded data is kept. To continue, run the same command or: modelferry resume.',
  )
})

test('writes nothing about successful uploads with --quiet', async () => {
  const { run, file } = await setupCommand()
  const [good, bad] = [await file('good.safetensors'), await file('bad.safetensors', { cutBytes: 9 })]
  const plain = await run('upload', good, bad, '-q')
  expect([plain.code, plain.out]).toEqual([1, ''])
  expect(plain.err).toMatch(/^failed {6}bad\.safetensors: .*\n$/)
  const { json } = await run('upload', await file('other.safetensors'), '-q', '--json')
  expect(json().map(({ event }) => event)).toEqual(['queued', 'registered', 'verified'])
})

test('continues the upload when the reader of its output is gone', async () => {
  const cli = await setupCommand()
  const path = await cli.file('a.safetensors')
  const { out } = await startProgram(
    [
      ...['sh', '-c', '{ "$0" "$1" upload "$2"; echo "ended with $?" >&3; } 3>&1 | true', process.execPath],
      ...[commandLineFile(), path],
    ],
    cli.processEnv,
  ).ended
  expect(out).toBe('')
  expect(cli.cloud.modelsOf(String(cli.processEnv['MODELFERRY_TEAM']))).toHaveLength(1)
})

/** Writes more to standard output than a pipe and its reader hold: the status of many uploads. */
function startLongStatus(program: readonly string[]) {
  const { folder } = rowsOnJournal(Array.from({ length: 1_000 }, () => uploadRecord()))
  const command = startProgram([process.execPath, ...program], { MODELFERRY_HOME: folder })
  command.child.stdout?.pause()
  return command
}

test('the process that runs a command can end it at once, although its output is read late', async () => {
  // As electron/start.ts does.
  const program = `
    const { main } = await import(${JSON.stringify(new URL('../../out/main/command-line.js', `file://${commandLineFile()}`))})
    const command = main(['status', '--json'])
    const report = () => (process.stdout.writableLength === 0 ? setImmediate(report) : console.error('written'))
    report()
    await command
    process.exit()`
  const { child, ended, printed } = startLongStatus(['--input-type=module', '-e', program])
  await printed((_out, err) => err.includes('written'))
  child.stdout?.resume()
  const { code, out } = await ended
  expect([code, (JSON.parse(out) as { uploads: readonly object[] }).uploads.length]).toEqual([0, 1_000])
})

test('output that can’t be written is reported, and the exit code is 1', async () => {
  const { processEnv } = await setupCommand()
  const command = 'exec "$0" "$1" status --json > /dev/full'
  const { code, err } = await startProgram(
    ['sh', '-c', command, process.execPath, commandLineFile()],
    processEnv,
  ).ended
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(
      /^The output is incomplete because it couldn’t be written: ENOSPC.*\. Free disk space/,
    ),
  ])
})

test('inspects no further files when the reader of its output is gone', async () => {
  const { startProcess, file } = await setupCommand()
  const path = await file('models/first.safetensors')
  for (let index = 0; index < 70; index += 1) await file(`models/${index}.safetensors`)
  const last = await leasedFile()
  const { child, ended } = startProcess('inspect', '--json', dirname(path), last.path)
  child.stdout?.destroy()
  const opened = last.until('requested').then(() => 'opened')
  expect(await Promise.race([ended, opened])).toMatchObject({ code: 0, err: '' })
})

test('keeps to the speed limit', async () => {
  const { run, file } = await setupCommand()
  const path = await file('a.safetensors', { sizeBytes: 300_000 })
  const beganMs = performance.now()
  const { code } = await run('upload', path, '--limit', '100K', '--streams', '1')
  // At 100 kB/s it takes three seconds; a slow machine only takes longer.
  expect([code, performance.now() - beganMs > 2_000]).toEqual([0, true])
})

test('prints the version of the package', async () => {
  const { run } = await setupCommand()
  const { default: about } = (await import(join(import.meta.dirname, '../../../package.json'), {
    with: { type: 'json' },
  })) as { default: { version: string } }
  expect((await run('--version')).out).toBe(`${about.version}\n`)
})

test('writes the usage to standard error and exits with 2 without a command', async () => {
  const { run } = await setupCommand()
  const { code, out, err } = await run()
  expect([code, out, err.startsWith('modelferry: ')]).toEqual([2, '', true])
})
