import { expect, test } from 'vitest'
import type { Agent } from '../../../electron/contract/library.ts'
import { countAgentsWith } from '../../../renderer/library/agents.ts'

const createdAtMs = 1_000_000
const agent = (status: string): Agent => ({
  ...{ name: 'gpu', status, syncDetail: '', syncPercent: null },
})
const countAt = (listedAtMs: number, agents: readonly Agent[], status = 'active') =>
  countAgentsWith({ status, createdAtMs }, { agents, listedAtMs })

test('an agent that downloads nothing five minutes after a model was added has it', () => {
  const agents = [agent('idle'), agent('busy'), agent('tunnel'), agent('syncing'), agent('unhealthy')]
  expect(countAt(createdAtMs + 300_000, agents)).toBe(3)
  expect(countAt(createdAtMs + 299_999, agents)).toBeNull()
})

test('presumes nothing of a model that was added after the agents were listed', () => {
  expect(countAt(createdAtMs - 3_600_000, [agent('idle')])).toBeNull()
})

test('presumes nothing of a model that is not active, or of unknown age', () => {
  expect(countAt(createdAtMs + 300_000, [agent('idle')], 'disabled')).toBeNull()
  expect(countAt(createdAtMs + 300_000, [agent('idle')], 'pending')).toBeNull()
  const listed = { agents: [agent('idle')], listedAtMs: createdAtMs }
  expect(countAgentsWith({ status: 'active', createdAtMs: null }, listed)).toBeNull()
})
