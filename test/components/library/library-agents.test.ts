import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { Agent } from '../../../electron/contract/library.ts'
import { model, openLibrary, rowCorner, threeModels } from '../support/library.ts'

const agent = (name: string, change: Partial<Agent> = {}): Agent => ({
  ...{ name, status: 'idle', syncDetail: '', syncPercent: null },
  ...change,
})
const gpuNode = agent('gpu-node', {
  status: 'syncing',
  syncDetail: 'Downloading model Flux',
  syncPercent: 45,
})

test('says what the agents of the team do, and on how many of them a model presumably is', async () => {
  const agents = [agent('one'), agent('two', { status: 'unhealthy' }), gpuNode]
  const { screen, rowOf } = await openLibrary(
    [model('Old', { createdAtMs: Date.now() - 600_000 }), ...threeModels],
    { agents: () => success(agents) },
  )
  await userEvent.dblClick(rowOf('Old'), rowCorner)
  const details = screen.getByRole('complementary')
  await expect.element(details.getByText('Probably on 1 of 3 agents')).toBeVisible()
  await expect.element(details.getByText('gpu-node: Downloading model Flux, 45%')).toBeVisible()
  await userEvent.dblClick(rowOf('Flux'), rowCorner)
  await expect.element(details.getByText('agents don’t download it', { exact: false })).toBeVisible()
  expect(details.getByText('Probably', { exact: false }).elements()).toEqual([])
})

test.each([
  ['No agents connected', () => success([])],
  ['temporarily unavailable', () => failed(failure('server-trouble', { status: 500 }))],
] as const)('the details say why a model is on no agent: %s', async (text, agents) => {
  const { screen, rowOf } = await openLibrary(threeModels, { agents })
  await userEvent.dblClick(rowOf('Depth'), rowCorner)
  await expect.element(screen.getByRole('complementary').getByText(text, { exact: false })).toBeVisible()
})

const agentsOf = (container: Element) => () =>
  [...container.querySelectorAll('dt')].find((term) => term.textContent === 'Agents')?.nextElementSibling
    ?.textContent

test.each([
  ['was added a moment ago', { createdAtMs: Date.now() }],
  ['has no date', { createdAtMs: null }],
  ['has a status of the server’s own', { createdAtMs: 0, status: 'pending' }],
] as const)('the details don’t presume on how many agents a model is that %s', async (_, given) => {
  const { screen, rowOf } = await openLibrary([model('New', given)], {
    agents: () => success([agent('one')]),
  })
  await userEvent.dblClick(rowOf('New'), rowCorner)
  await expect.poll(agentsOf(screen.container)).toMatch(/^\s*Not known\s*$/)
})

test('the details don’t presume that agents have a model that was just enabled', async () => {
  const { screen, rowOf } = await openLibrary([model('Old', { createdAtMs: 0, status: 'disabled' })], {
    agents: () => success([agent('one')]),
  })
  await userEvent.dblClick(rowOf('Old'), rowCorner)
  await userEvent.click(screen.getByRole('complementary').getByRole('button', { name: 'Enable' }))
  await expect.element(screen.getByText('Enabled 1 model.', { exact: false })).toBeVisible()
  await expect.poll(agentsOf(screen.container)).toMatch(/^\s*Not known\s*$/)
})
