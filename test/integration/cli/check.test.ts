import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setupCommand } from '../../support/command-harness.ts'

const steps = ['name', 'proxy', 'connect', 'certificate', 'api', 'clock', 'sign-in']

test('reports each step of a working connection and exits with 0', async () => {
  const { run } = await setupCommand()
  const { code, out, err } = await run('check')
  expect([code, err]).toEqual([0, 'All checks passed.\n'])
  const lines = out.trimEnd().split('\n')
  expect(lines).toHaveLength(steps.length)
  expect(lines[4]).toBe('ok      Server       Cyberun server found')
  expect(out).not.toContain('FAILED')
})

test('writes one JSON object per step and one for the result', async () => {
  const { run } = await setupCommand()
  const ended = await run('check', '--json')
  expect(ended.code).toBe(0)
  expect(ended.json().map(({ event, step }) => step ?? event)).toEqual([...steps, 'checked'])
  expect(ended.json().at(-1)).toEqual({ event: 'checked', ok: true })
})

test('exits with 1 for an unreachable server and skips later steps', async () => {
  const { run, cloud } = await setupCommand()
  const reconnect = await cloud.unplug()
  const ended = await run('check', '--json')
  await reconnect()
  expect(ended.code).toBe(1)
  expect(ended.json().find(({ step }) => step === 'connect')).toMatchObject({ outcome: 'bad' })
  expect(
    ended
      .json()
      .filter(({ outcome }) => outcome === 'skipped')
      .map(({ step }) => step),
  ).toEqual(['proxy', 'certificate', 'api', 'clock', 'sign-in'])
})

test('needs no sign-in, and exits with 3 for a rejected token', async () => {
  const { runWith } = await setupCommand()
  expect((await runWith({ MODELFERRY_TOKEN: undefined }, 'check')).code).toBe(0)
  const refused = await runWith({ MODELFERRY_TOKEN: 'eyJhbGciOiJub25lIn0.e30.x' }, 'check', '--json')
  expect(refused.code).toBe(3)
  expect(refused.json().find(({ step }) => step === 'sign-in')).toMatchObject({ outcome: 'bad' })
})

test('sends 8 MB with --storage and deletes them', async () => {
  const { run, cloud } = await setupCommand()
  const ended = await run('check', '--storage', '--json')
  expect(ended.code).toBe(0)
  expect(ended.json().find(({ event }) => event === 'storage')).toMatchObject({
    outcome: 'good',
    bytes: 8_000_000,
    leftBehind: false,
    bytesPerSecond: expect.any(Number) as unknown,
  })
  expect([await cloud.unfinishedUploads(), await cloud.objects(), cloud.modelsOf(ALICES_TEAM_ID)]).toEqual([
    [],
    [],
    [],
  ])
})

test('exits with 3 for --storage without a sign-in, and with 1 if storage refuses it', async () => {
  const { run, runWith, cloud, countOf } = await setupCommand()
  const signedOut = await runWith({ MODELFERRY_TOKEN: undefined }, 'check', '--storage', '--json')
  expect([signedOut.code, countOf('presignModel')]).toEqual([3, 0])
  expect(signedOut.json()).toContainEqual(expect.objectContaining({ event: 'storage', outcome: 'skipped' }))
  expect(signedOut.out).toContain('Sign in with your password and choose a team')
  cloud.fail({ on: 'put-part', how: 403, times: Infinity })
  const refused = await run('check', '--storage')
  expect(refused.code).toBe(1)
  expect(refused.out).toMatch(/^FAILED {2}Storage {6}Storage can’t be reached, or it rejected the data\./m)
  expect(await cloud.unfinishedUploads()).toEqual([])
})
