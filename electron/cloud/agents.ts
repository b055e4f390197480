import * as v from 'valibot'
import { success, type Result } from '../contract/failures.ts'
import type { Agent } from '../contract/library.ts'
import type { CloudClient, Signer } from './client.ts'
import { agentList, agentListItem, paths } from './wire.ts'

/** More agents than a team has; the largest page size (api-reference/introduction). */
const maxAgents = 100

/** The team's connected agents (documented call). */
export async function listAgents(
  client: CloudClient,
  signer: Signer,
  signal: AbortSignal,
): Promise<Result<readonly Agent[]>> {
  const answer = await client.send({
    method: 'GET',
    path: paths.agents,
    query: { current_page: 1, per_page: maxAgents },
    responseSchema: agentList,
    signer,
    signal,
  })
  if (!answer.ok) return answer
  const agents = answer.value.slice(0, maxAgents).flatMap((item) => {
    const parsed = v.safeParse(agentListItem, item)
    return parsed.success ? [toAgent(parsed.output)] : []
  })
  return success(agents)
}

const toAgent = (agent: v.InferOutput<typeof agentListItem>): Agent => ({
  name: agent.agent_id,
  status: agent.agent_status,
  syncDetail: agent.sync_detail,
  syncPercent:
    agent.sync_percent === null ? null : Math.max(0, Math.min(100, Math.floor(agent.sync_percent))),
})
