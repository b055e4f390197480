import { truncateSync } from 'node:fs'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { flux } from '../../fixtures/family.ts'
import { smallZip, writeText } from '../../fixtures/model-files.ts'
import { shellCall, torchZip } from '../../fixtures/pickles.ts'
import { setupCommand, type CommandHarness } from '../../support/command-harness.ts'
import { runOnTerminal, terminalLines } from '../../support/pseudo-terminal.ts'
import { writeFiles } from '../../support/review.ts'

/** A command line with the default setting. */
async function setup(): Promise<CommandHarness> {
  const harness = await setupCommand()
  harness.processEnv['MODELFERRY_REVIEW'] = 'when-needed'
  return harness
}

const sent = ({ asked }: CommandHarness) =>
  asked().filter((name) => name !== 'listModels' && name !== 'getCurrentUser')

test('uploads a single sound file without a question', async () => {
  const { run, file, cloud } = await setup()
  const { code, err } = await run('upload', await file('a.safetensors'))
  expect([code, err, cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([0, '', 1])
})

test('lists files that need a decision and exits with 1 without a terminal', async () => {
  const cli = await setup()
  const paths = await writeFiles(cli, 6)
  truncateSync(paths[0] ?? '', 100_000)
  const { code, out, err } = await cli.run('upload', ...paths)
  expect(code).toBe(1)
  expect(err).toContain('these files need your decision. Run the command on a terminal, or with --yes.')
  expect(out).toContain("broken      style-0.safetensors (100 kB) → Alice's Team: models/")
  expect(out).toContain('Can’t be uploaded: 1 file\n  style-0.safetensors: ')
  expect(cli.cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  expect((await cli.run('status')).out).toContain('The upload queue is empty.')
})

test('writes what is known about each file as JSON', async () => {
  const cli = await setup()
  const paths = [...(await writeFiles(cli, 2)), await cli.file('copy.safetensors', { payload: { seed: 7 } })]
  const copy = await cli.file('copies/copy.safetensors', { payload: { seed: 7 } })
  const { code, json } = await cli.run('upload', '--dry-run', '--json', ...paths, copy)
  const planned = json().filter(({ event }) => event === 'planned')
  expect([code, planned.length]).toEqual([0, 4])
  expect(planned.at(-1)).toMatchObject({
    file: 'copy.safetensors',
    localPath: copy,
    team: ALICES_TEAM_ID,
    action: 'upload',
    decisions: [{ kind: 'duplicate', of: 'copy.safetensors', isCertain: false }],
    failed: null,
  })
  expect(json().at(-1)).toMatchObject({
    event: 'review',
    files: 4,
    needDecision: 0,
    notUploaded: 4,
    answer: 'dry-run',
  })
})

// Elsewhere the system allows no longer paths.
test.runIf(process.platform === 'linux')('a dry run exits with 1 if a folder can’t be read', async () => {
  const cli = await setup()
  const path = await cli.file('drop/a.safetensors')
  const long = join(dirname(path), ...Array.from({ length: 15 }, () => 'x'.repeat(250)))
  await mkdir(long, { recursive: true })
  // Its path is too long. It can only be made and removed through a link.
  const link = join(cli.folder, 'link')
  await symlink(long, link)
  const beyond = join(link, 'y'.repeat(255))
  await mkdir(join(beyond, 'z'.repeat(100)), { recursive: true })
  const { code, out } = await cli.run('upload', '--dry-run', dirname(path))
  await rm(beyond, { recursive: true })
  expect([code, out]).toEqual([1, expect.stringContaining('a.safetensors')])
  expect((await cli.run('upload', '--dry-run', dirname(path))).code).toBe(0)
})

test.each(['ComfyUI', 'ComfyUI/models', 'ComfyUI/models/sonic', 'ComfyUI/models/sonic/unet.pth'])(
  'keeps the folder of an extension of ComfyUI in the library: %s',
  async (added) => {
    const cli = await setup()
    await writeText(join(cli.folder, 'ComfyUI/models/sonic/unet.pth'), smallZip())
    const { json } = await cli.run('upload', '--dry-run', '--json', join(cli.folder, added))
    expect(json()[0]).toMatchObject({ type: 'sonic', path: 'models/sonic/unet.pth' })
  },
)

test('uploads without a question with --yes, except what is broken', async () => {
  const cli = await setup()
  const paths = await writeFiles(cli, 6)
  truncateSync(paths[0] ?? '', 100_000)
  const { code, out } = await cli.run('upload', '--yes', ...paths)
  expect([code, cli.cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 5])
  expect(out).toContain('failed      style-0.safetensors: ')
})

test('never uploads an unsafe file with --yes alone', async () => {
  const cli = await setup()
  const { path } = await writeText(join(cli.folder, 'bad.ckpt'), torchZip(shellCall))
  const { code, out } = await cli.run('upload', '--yes', path)
  expect([code, sent(cli), out.includes('file-dangerous')]).toEqual([1, [], true])
})

/** A folder with a model of its own and a link to a folder elsewhere. */
async function writeLinkedFolder(cli: CommandHarness) {
  const own = await cli.file('drop/own.safetensors', { payload: { seed: 1 } })
  const hidden = await cli.file('private/hidden.safetensors', { payload: { seed: 2 } })
  await symlink('../private', join(dirname(own), 'extras'))
  return { drop: dirname(own), hidden }
}
const uploadedNames = ({ cloud }: CommandHarness) =>
  cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.display_name)

test('uploads nothing through a link out of a folder without a terminal', async () => {
  const cli = await setup()
  const { drop, hidden } = await writeLinkedFolder(cli)
  const { code, out } = await cli.run('upload', drop)
  expect([code, uploadedNames(cli), out.includes(hidden)]).toEqual([1, [], true])
  const confirmed = await cli.run('upload', '--yes', drop)
  expect([confirmed.code, uploadedNames(cli)]).toEqual([1, ['own']])
  expect(confirmed.out).toContain('file-outside')
  expect((await cli.run('upload', '--follow-links', drop)).code).toBe(0)
  expect(uploadedNames(cli)).toEqual(['own', 'hidden'])
})

test('asks on a terminal whether to follow a link out of a folder', async () => {
  const cli = await setup()
  const { drop, hidden } = await writeLinkedFolder(cli)
  const answer = async (text: string) => {
    const command = runOnTerminal(cli, 'upload', drop)
    await command.printed((out) => out.includes('[y/N] '))
    command.child.stdin?.write(text)
    return command.ended
  }
  const declined = await answer('\r')
  expect([declined.code, uploadedNames(cli)]).toEqual([1, []])
  expect(terminalLines(declined.out).join('')).toContain(hidden)
  const agreed = await answer('y\r')
  expect([agreed.code, uploadedNames(cli).toSorted()]).toEqual([0, ['hidden', 'own']])
})

test('shows with --dry-run what would go where, and records nothing', async () => {
  const cli = await setup()
  const { code, out, err } = await cli.run('upload', '--dry-run', ...(await writeFiles(cli, 2)))
  expect([code, err, sent(cli)]).toEqual([0, '', []])
  expect(out.split('\n')[0]).toMatch(
    /^upload {6}style-0\.safetensors \(\d+ kB\) → Alice's Team: models\/\S+\/style-0\.safetensors$/,
  )
  expect((await cli.run('status')).out).toContain('The upload queue is empty.')
  const again = await cli.run('upload', '--dry-run', '--json', ...(await writeFiles(cli, 7)))
  expect([again.code, again.json().map(({ event }) => event)]).toEqual([
    0,
    [...Array<string>(7).fill('planned'), 'review'],
  ])
})

test('finds models of the library with --dry-run', async () => {
  const cli = await setup()
  const paths = await writeFiles(cli, 1)
  await cli.run('upload', ...paths)
  const { code, json } = await cli.run('upload', '--dry-run', '--json', ...paths)
  expect([code, json()]).toMatchObject([
    0,
    [
      { action: 'already', decisions: [{ kind: 'in-library', isCertain: true }] },
      { toUpload: 0, alreadyThere: 1 },
    ],
  ])
  const mistyped = (paths[0] ?? '').replace('style', 'stile')
  const missing = await cli.run('upload', '--dry-run', mistyped)
  expect([missing.code, missing.out]).toEqual([
    1,
    expect.stringContaining(`“${mistyped}” doesn’t exist. Did you mean “${paths[0]}”?`),
  ])
})

test('asks on a terminal, and uploads only after a yes', async () => {
  const cli = await setup()
  const paths = await writeFiles(cli, 6)
  const refused = runOnTerminal(cli, 'upload', ...paths)
  await refused.printed((out) => out.includes("to Alice's Team? [y/N] "))
  refused.child.stdin?.write('\r')
  const no = await refused.ended
  expect([no.code, terminalLines(no.out).at(-1)]).toEqual([1, 'Nothing was uploaded.'])
  expect(sent(cli)).toEqual([])

  const agreed = runOnTerminal(cli, 'upload', ...paths)
  await agreed.printed((out) => out.includes('Upload 6 files (') && out.includes('[y/N]'))
  agreed.child.stdin?.write('y\r')
  const yes = await agreed.ended
  expect([yes.code, cli.cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([0, 6])
})

test('exits with 130 on Ctrl-D at the question, and uploads nothing', async () => {
  const cli = await setup()
  const command = runOnTerminal(cli, 'upload', ...(await writeFiles(cli, 6)))
  await command.printed((out) => out.includes('[y/N]'))
  command.child.stdin?.write('\u0004')
  const { code, out } = await command.ended
  expect([code, terminalLines(out).at(-1), sent(cli)]).toEqual([130, 'Nothing was uploaded.', []])
})

test('keeps the question on the terminal while files of another team are uploaded', async () => {
  const cli = await setup()
  const { cloud } = cli
  const paths = await writeFiles(cli, 6)
  const held = cloud.hold('put-object', 'answer')
  const teams = ['--team', ALICES_TEAM_ID, '--team', STUDIO_NORTH_ID]
  const command = runOnTerminal(cli, 'upload', ...paths, ...teams)
  await command.printed((out) => out.includes("to Alice's Team? [y/N] "))
  command.child.stdin?.write('y\r')
  const question = 'to Studio North? [y/N] '
  await command.printed((out) => out.includes(question))
  // Progress is reported ten times a second, so it is reported before the retry.
  cloud.fail({ on: 'registerModel', how: 503, retryAfterSeconds: 1 })
  held.release()
  await cloud.ended('registerModel', 7)
  command.child.stdin?.write('\r')
  const { code, out } = await command.ended
  const [shown = '', rest = ''] = (out.split(question)[1] ?? '').split(
    'Nothing was uploaded to Studio North.',
  )
  // oxlint-disable-next-line no-control-regex -- matches movements of the cursor to earlier lines
  expect([code, /\u001b\[\d+A|registered|waiting/.test(shown)]).toEqual([1, false])
  expect(terminalLines(rest).filter((line) => line.startsWith('registered'))).toHaveLength(6)
})

test('records nothing if it is killed at the question', async () => {
  const cli = await setup()
  const paths = await writeFiles(cli, 6)
  const first = runOnTerminal(cli, 'upload', ...paths)
  await first.printed((out) => out.includes('[y/N]'))
  first.kill('SIGKILL')
  await first.ended
  expect((await cli.run('status')).out).toContain('The upload queue is empty.')
  const { code } = await cli.run('upload', ...paths)
  expect(code).toBe(1)
})

test('continues interrupted uploads without asking about them again', async () => {
  const cli = await setup()
  const paths = await writeFiles(cli, 6)
  cli.cloud.fail({ on: 'put-object', how: 'stall', times: Infinity })
  const started = cli.startProcess('upload', '--yes', ...paths)
  await started.printed((out) => out.split('queued').length > 6)
  started.kill('SIGKILL')
  await started.ended
  cli.cloud.clearFailures()
  const { code } = await cli.run('upload', ...paths)
  expect([code, cli.cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([0, 6])
})

test('lists what a file needs and the team lacks, which needs no decision', async () => {
  const cli = await setup()
  const path = await cli.file('flux1-dev.safetensors', { tensors: flux, sizeBytes: 3_000_000 })
  const dry = await cli.run('upload', '--dry-run', path)
  expect(dry.code).toBe(0)
  expect(dry.out).toContain('Need models that the team may lack; uploaded anyway: 1 file')
  expect(dry.out).toContain(
    'flux1-dev.safetensors: the team has no CLIP-L text encoder (usually clip_l.safetensors), no T5-XXL text encoder',
  )
  const { code, json } = await cli.run('upload', '--dry-run', '--json', path)
  const [planned, review] = json()
  expect(planned).toMatchObject({ action: 'upload', decisions: [] })
  expect(planned?.['missingCompanions']).toEqual([
    { role: 'text-encoder', base: 'CLIP-L', usualName: 'clip_l.safetensors', found: 'no' },
    { role: 'text-encoder', base: 'T5-XXL', usualName: 't5xxl_fp16.safetensors', found: 'no' },
    { role: 'vae', base: 'Flux.1', usualName: 'ae.safetensors', found: 'no' },
  ])
  expect([code, review]).toMatchObject([0, { event: 'review', needDecision: 0, answer: 'dry-run' }])
  // It is uploaded without a question.
  expect((await cli.run('upload', path)).code).toBe(0)
})
