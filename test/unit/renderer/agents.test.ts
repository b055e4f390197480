import { expect, test } from 'vitest'
import type { Agent } from '../../../electron/contract/library.ts'
import { countAgentsWith } from '../../../renderer/library/agents.ts'

const createdAtMs = 1_000_000
const agent = (status: string, connectedAtMs: number | null = createdAtMs - 1): Agent => ({
  ...{ name: 'gpu', status, connectedAtMs, syncDetail: '', syncPercent: null },
})
const countAt = (listedAtMs: number, agents: readonly Agent[], status = 'active') =>
  countAgentsWith({ status, createdAtMs }, { agents, listedAtMs })

test('an agent that downloads nothing a minute after a model was added has it', () => {
  const agents = [agent('idle'), agent('busy'), agent('tunnel'), agent('syncing'), agent('unhealthy')]
  expect([countAt(createdAtMs + 59_999, agents), countAt(createdAtMs + 60_000, agents)]).toEqual([0, 3])
})

test('an agent that connected after a model was added has it once it downloads nothing', () => {
  const agents = [agent('idle', createdAtMs + 1), agent('syncing', createdAtMs + 1), agent('idle', null)]
  expect(countAt(createdAtMs + 2, agents)).toBe(1)
})

test('no agent has a model that is disabled, or of unknown age', () => {
  expect(countAt(createdAtMs + 60_000, [agent('idle')], 'disabled')).toBe(0)
  const listed = { agents: [agent('idle')], listedAtMs: createdAtMs }
  expect(countAgentsWith({ status: 'active', createdAtMs: null }, listed)).toBe(0)
})
