import { expect, test } from 'vitest'
import { ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { setupCommand as setup, type CommandHarness } from '../../support/command-harness.ts'

const bothTeams = ['--team', "Alice's Team", '--team', 'Studio North']
const namesIn = ({ cloud }: CommandHarness, team: string) =>
  cloud.modelsOf(team).map((model) => model.display_name)

test('uploads a file to each of several teams', async () => {
  const harness = await setup()
  const { run, file } = harness
  const path = await file('a.safetensors')
  const again = ['--team', STUDIO_NORTH_ID]
  const { code, json } = await run('upload', path, ...bothTeams, ...again, '--json')
  expect(code).toBe(0)
  expect([namesIn(harness, ALICES_TEAM_ID), namesIn(harness, STUDIO_NORTH_ID)]).toEqual([['a'], ['a']])
  const registered = json().filter(({ event }) => event === 'registered')
  expect(registered.map(({ team }) => team).sort()).toEqual([ALICES_TEAM_ID, STUDIO_NORTH_ID].sort())
})

test('sends a file only to the teams that lack it', async () => {
  const harness = await setup()
  const { run, file, countOf } = harness
  const path = await file('a.safetensors')
  await run('upload', path)
  const before = countOf('put-object')
  const { code, json } = await run('upload', path, ...bothTeams, '--json')
  expect([code, countOf('put-object') - before]).toEqual([0, 1])
  expect(json().flatMap(({ event, team }) => (event === 'already-there' ? [team] : []))).toEqual([
    ALICES_TEAM_ID,
  ])
  expect(namesIn(harness, STUDIO_NORTH_ID)).toEqual(['a'])
})

test('shows a dry run per team, and uploads nothing', async () => {
  const harness = await setup()
  const { run, file, cloud } = harness
  const { code, out } = await run('upload', await file('a.safetensors'), ...bothTeams, '--dry-run')
  expect([code, cloud.modelsOf(STUDIO_NORTH_ID)]).toEqual([0, []])
  expect(out).toContain("→ Alice's Team: ")
  expect(out).toContain('→ Studio North: ')
})

test('names the teams for which files need a decision', async () => {
  const { run, file, processEnv } = await setup()
  processEnv['MODELFERRY_REVIEW'] = 'always'
  const path = await file('a.safetensors')
  const { code, err } = await run('upload', path, ...bothTeams)
  expect(code).toBe(1)
  for (const team of ["Alice's Team", 'Studio North'])
    expect(err).toContain(`Nothing was uploaded to ${team}, because these files need your decision.`)
})

test('uploads nothing if one of the teams is unknown', async () => {
  const { run, file, countOf } = await setup()
  const { code, err } = await run(
    'upload',
    await file('a.safetensors'),
    '--team',
    'Studio North',
    '--team',
    'X',
  )
  expect([code, err.includes('No team matches "X"'), countOf('presignModel')]).toEqual([2, true, 0])
})
