import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setupCommand } from '../../support/command-world.ts'

const steps = ['name', 'proxy', 'connect', 'certificate', 'api', 'clock', 'sign-in']

test('a connection that works is told step by step, with exit code 0', async () => {
  const { run } = await setupCommand()
  const { code, out, err } = await run('check')
  expect([code, err]).toEqual([0, 'Everything on the way to the server works.\n'])
  const lines = out.trimEnd().split('\n')
  expect(lines).toHaveLength(steps.length)
  expect(lines[4]).toBe('ok      Server       It is a Cyberun server.')
  expect(out).not.toContain('FAILED')
})

test('scripts get one object for each step and a last one for the verdict', async () => {
  const { run } = await setupCommand()
  const ended = await run('check', '--json')
  expect(ended.code).toBe(0)
  expect(ended.json().map(({ event, step }) => step ?? event)).toEqual([...steps, 'checked'])
  expect(ended.json().at(-1)).toEqual({ event: 'checked', ok: true })
})

test('a server that is gone ends with 1, and what can’t be tried is skipped', async () => {
  const { run, cloud } = await setupCommand()
  const plugIn = await cloud.unplug()
  const ended = await run('check', '--json')
  await plugIn()
  expect(ended.code).toBe(1)
  expect(ended.json().find(({ step }) => step === 'connect')).toMatchObject({ outcome: 'bad' })
  expect(
    ended
      .json()
      .filter(({ outcome }) => outcome === 'skipped')
      .map(({ step }) => step),
  ).toEqual(['proxy', 'certificate', 'api', 'clock', 'sign-in'])
})

test('nobody has to be signed in, and a token that is refused ends with 3', async () => {
  const { runWith } = await setupCommand()
  expect((await runWith({ MODELFERRY_TOKEN: undefined }, 'check')).code).toBe(0)
  const refused = await runWith({ MODELFERRY_TOKEN: 'eyJhbGciOiJub25lIn0.e30.x' }, 'check', '--json')
  expect(refused.code).toBe(3)
  expect(refused.json().find(({ step }) => step === 'sign-in')).toMatchObject({ outcome: 'bad' })
})

test('with --storage 8 MiB are sent and taken back', async () => {
  const { run, cloud } = await setupCommand()
  const ended = await run('check', '--storage', '--json')
  expect(ended.code).toBe(0)
  expect(ended.json().find(({ event }) => event === 'storage')).toMatchObject({
    ...{ outcome: 'good', bytes: 8 * 1024 * 1024, leftBehind: false },
    bytesPerSecond: expect.any(Number) as unknown,
  })
  expect([await cloud.unfinishedUploads(), await cloud.objects(), cloud.modelsOf(ALICES_TEAM_ID)]).toEqual([
    [],
    [],
    [],
  ])
})

test('--storage without a sign-in sends nothing and ends with 3; one that storage refuses ends with 1', async () => {
  const { run, runWith, cloud, countOf } = await setupCommand()
  const nobody = await runWith({ MODELFERRY_TOKEN: undefined }, 'check', '--storage')
  expect([nobody.code, countOf('presignModel')]).toEqual([3, 0])
  expect(nobody.out).toContain('Sign in with your password and choose a team')
  cloud.fail({ on: 'put-part', how: 403, times: Infinity })
  const refused = await run('check', '--storage')
  expect(refused.code).toBe(1)
  expect(refused.out).toMatch(/^FAILED {2}Storage {6}Storage could not be reached or didn’t take it\./m)
  expect(await cloud.unfinishedUploads()).toEqual([])
})
