import { execFileSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startProgram, type Started } from '../../support/command-line.ts'
import { leasedFile } from '../../support/leased-file.ts'
import { commandLineFile } from '../../support/runner/test-programs.ts'
import { partBytes, setupCommand } from '../../support/command-harness.ts'
import { sha256Of } from '../../support/engine.ts'

const sixParts = { sizeBytes: 5 * partBytes + 321 }

/** Starts an upload of six parts and waits until storage has acknowledged two. */
async function startUpload({
  by = 'start' as 'start' | 'startProcess',
  words = [] as readonly string[],
} = {}) {
  const cli = await setupCommand()
  cli.stallAfterPart(2)
  const path = await cli.file('large.safetensors', sixParts)
  const started = cli[by]('upload', path, '--json', ...words)
  await waitForParts(started, 2)
  return { ...cli, ...started, path }
}

const waitForParts = ({ line }: Started, parts: number) =>
  line(({ event, sentBytes }) => event === 'progress' && Number(sentBytes) >= parts * partBytes)

const paused = 'Paused. Uploaded data is kept. To continue, run the same command or: modelferry resume.\n'

/** Starts an upload of six parts of which storage has received the first ones and answered none. */
async function startUnanswered(by: 'start' | 'startProcess' = 'start') {
  const cli = await setupCommand()
  const held = cli.cloud.hold('put-part', 'answer')
  const path = await cli.file('large.safetensors', sixParts)
  const started = cli[by]('upload', path, '--json')
  // Four parts at once, and one more while the others wait for their answers: then no other part starts.
  await started.line(({ inFlightBytes }) => inFlightBytes === 5 * partBytes)
  return { ...cli, ...started, path, held }
}

const partsSent = ({ cloud }: Pick<Awaited<ReturnType<typeof setupCommand>>, 'cloud'>) =>
  cloud.operations.flatMap(({ name, partNumber }) => (name === 'put-part' ? partNumber : []))

test('finishes short parts on Ctrl-C, and sends only the rest next time', async () => {
  const context = await startUnanswered()
  const { kill, ended, line, cloud, path, run, held } = context
  kill('SIGINT')
  const parts = partsSent(context).length
  const pausing = { event: 'pausing', finishingParts: parts, unacknowledgedBytes: parts * partBytes }
  expect(await line(({ event }) => event === 'pausing')).toEqual(pausing)
  held.release()
  const { code, err, json } = await ended
  expect([code, err]).toEqual([
    130,
    expect.stringMatching(/^Pausing, finishing \d parts?\. Press Ctrl-C again /),
  ])
  expect(err.split('\n').slice(1).join('\n')).toBe(paused)
  expect(json().at(-1)).toEqual({ event: 'interrupted', kept: true, leftBehind: 0, uploads: 1 })
  expect(await cloud.unfinishedUploads()).toHaveLength(1)

  const again = await run('upload', path, '--json')
  expect([again.code, partsSent(context).sort()]).toEqual([0, [1, 2, 3, 4, 5, 6]])
  expect(cloud.operations.filter(({ name }) => name === 'initiateMultipart')).toHaveLength(1)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([{ file_hash: `sha256:${sha256Of(path)}` }])
})

test.each([
  ['a second Ctrl-C', 'SIGINT', 130],
  ['SIGTERM after Ctrl-C', 'SIGTERM', 143],
] as const)('%s stops short parts at once, and the upload stays paused', async (_name, signal, exitCode) => {
  const { kill, ended, line, run, held } = await startUnanswered('startProcess')
  kill('SIGINT')
  await line(({ event }) => event === 'pausing')
  kill(signal)
  expect((await ended).code).toBe(exitCode)
  held.release()
  const { uploads } = JSON.parse((await run('status', '--json')).out) as { uploads: readonly object[] }
  expect(uploads).toMatchObject([{ phase: 'paused', runByPid: null }])
})

test('sends only the rest after a kill', async () => {
  const { kill, ended, cloud, path, run } = await startUpload({ by: 'startProcess' })
  kill('SIGKILL')
  await ended
  cloud.clearFailures()
  cloud.forgetOperations()
  const { code, json } = await run('upload', path, '--json')
  const sent = cloud.operations.flatMap(({ name, partNumber }) => (name === 'put-part' ? partNumber : []))
  const registered = json().find(({ event }) => event === 'registered')
  expect([code, sent.sort(), registered?.['sha256']]).toEqual([0, [3, 4, 5, 6], sha256Of(path)])
})

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('pauses on %s and exits with %i', async (signal, exitCode) => {
  const { kill, ended, run, cloud } = await startUpload()
  kill(signal)
  const { code, err } = await ended
  cloud.clearFailures()
  expect([code, err.startsWith('Paused. Uploaded data is kept.')]).toEqual([exitCode, true])
  const { uploads } = JSON.parse((await run('status', '--json')).out) as { uploads: readonly object[] }
  expect(uploads).toMatchObject([{ phase: 'paused', runByPid: null, parts: { acknowledged: 2 } }])
})

test('removes uploads and their parts on Ctrl-C with --abort-on-interrupt', async () => {
  const { kill, ended, run, cloud } = await startUpload({ words: ['--abort-on-interrupt'] })
  kill('SIGINT')
  const { code, err, json } = await ended
  cloud.clearFailures()
  expect([code, err.trimEnd().split('\n').at(-1)]).toEqual([
    130,
    'Cancelled. Uploaded parts were deleted from storage, unless another upload of the same file uses them.',
  ])
  expect(json().at(-1)).toEqual({ event: 'interrupted', kept: false, leftBehind: 0, uploads: 1 })
  expect([await cloud.unfinishedUploads(), cloud.modelsOf(ALICES_TEAM_ID)]).toEqual([[], []])
  expect((await run('status')).out).toBe('The upload queue is empty.\n')
})

test('deletes at the next start what storage could not delete at once', async () => {
  const { kill, ended, start, run, cloud, file } = await startUpload({ words: ['--abort-on-interrupt'] })
  cloud.fail({ on: 'abortMultipart', how: 503, times: Infinity })
  kill('SIGINT')
  const { code, err, json } = await ended
  cloud.clearFailures()
  expect([code, err.includes('Storage still has data of 1 upload')]).toEqual([130, true])
  expect(json().at(-1)).toMatchObject({ kept: false, leftBehind: 1 })
  const { totals } = JSON.parse((await run('status', '--json')).out) as { totals: object }
  expect(totals).toMatchObject({ left: 0, leftBehind: 1 })

  cloud.forgetOperations()
  const held = cloud.hold('registerModel')
  const next = start('upload', await file('small.safetensors'))
  await cloud.ended('abortMultipart')
  held.release()
  expect([(await next.ended).code, await cloud.unfinishedUploads()]).toEqual([0, []])
})

test('exits at once on a second Ctrl-C and records what is still to be deleted', async () => {
  const { kill, ended, run, cloud } = await startUpload({
    by: 'startProcess',
    words: ['--abort-on-interrupt'],
  })
  const held = cloud.hold('abortMultipart')
  kill('SIGINT')
  await held.arrived
  kill('SIGINT')
  const { code, signal } = await ended
  held.release()
  cloud.clearFailures()
  expect([code, signal]).toEqual([130, null])
  const { totals } = JSON.parse((await run('status', '--json')).out) as { totals: object }
  expect(totals).toMatchObject({ left: 0, leftBehind: 1 })
})

/** The command line in a process that has run this code first. */
const commandAfter = (code: string) => [
  ...[process.execPath, '--import', `data:text/javascript,${encodeURIComponent(code)}`, commandLineFile()],
]

test('one Ctrl-C ends a command without uploads in a process that handles the signal already', async () => {
  const { processEnv } = await setupCommand()
  const leased = await leasedFile()
  // As Electron's own handler: it requests to quit, which the command line prevents.
  const handled = commandAfter(`process.on('SIGINT', () => undefined)`)
  const { kill, ended } = startProgram([...handled, 'inspect', leased.path], processEnv)
  await leased.until('requested')
  kill('SIGINT')
  expect(await ended).toMatchObject({ signal: 'SIGINT', out: '' })
})

test('Ctrl-C ends a command although a file call does not return', async () => {
  const { processEnv, folder, cloud } = await setupCommand()
  const fifo = join(folder, 'fifo')
  execFileSync('mkfifo', [fifo])
  // As the call for a file of an unreachable network disk.
  const blocked = commandAfter(
    `import { open } from 'node:fs'; open(${JSON.stringify(fifo)}, () => undefined)`,
  )
  const listing = cloud.hold('listModels', 'answer')
  const { kill, ended } = startProgram([...blocked, 'find'], { ...processEnv, HOME: folder })
  await listing.arrived
  kill('SIGINT')
  expect((await ended).signal).toBe('SIGINT')
  listing.release()
})

/** A process with a thread that is blocked by a file call, as by a file of an unreachable network disk. */
function commandWithBlockedThread(folder: string) {
  const fifo = join(folder, 'fifo')
  execFileSync('mkfifo', [fifo])
  const blocked = `
    const begun = require('node:worker_threads').workerData
    Atomics.store(begun, 0, 1)
    Atomics.notify(begun, 0)
    require('node:fs').readFileSync(${JSON.stringify(fifo)})`
  return commandAfter(`
    import { Worker } from 'node:worker_threads'
    process.on('newListener', function start(name) {
      if (name !== 'SIGINT') return
      process.off('newListener', start)
      const begun = new Int32Array(new SharedArrayBuffer(4))
      new Worker(${JSON.stringify(blocked)}, { eval: true, workerData: begun }).unref()
      // The command may end before a thread has started, which could still be ended then.
      Atomics.wait(begun, 0, 0)
    })`)
}

test('Ctrl-C ends a command although a thread is blocked', async () => {
  const { processEnv, folder, cloud } = await setupCommand()
  const listing = cloud.hold('listModels', 'answer')
  const environment = { ...processEnv, HOME: folder }
  const { kill, ended } = startProgram([...commandWithBlockedThread(folder), 'find'], environment)
  await listing.arrived
  kill('SIGINT')
  expect((await ended).signal).toBe('SIGINT')
  listing.release()
})

test('a command ends after its output although a thread is blocked', async () => {
  const { processEnv, folder } = await setupCommand()
  const { ended } = startProgram([...commandWithBlockedThread(folder), 'teams'], processEnv)
  expect(await ended).toMatchObject({ signal: 'SIGKILL', out: expect.stringContaining('Studio North') })
})

test('writes all of its output after Ctrl-C before it ends', async () => {
  const { processEnv, cloud, file, folder } = await setupCommand()
  const models = dirname(await file('../person/ComfyUI/models/loras/first.safetensors'))
  for (let index = 0; index < 2_000; index += 1) {
    const path = join(models, `${'a'.repeat(200)}${index}.safetensors`)
    writeFileSync(path, '')
    truncateSync(path, 200_000)
  }
  const announced = commandAfter(`process.on('worker', (worker) =>
    worker.on('message', ({ kind }) => kind === 'end' && console.error('searched')))`)
  const listing = cloud.hold('listModels', 'answer')
  const environment = { ...processEnv, HOME: join(folder, 'person') }
  const { kill, ended, printed } = startProgram([...announced, 'find', '--json'], environment)
  await Promise.all([listing.arrived, printed((_out, err) => err.includes('searched'))])
  kill('SIGINT')
  const { code, json } = await ended
  listing.release()
  expect([code, json().at(-1)]).toMatchObject([130, { event: 'found', models: 2_001 }])
})
