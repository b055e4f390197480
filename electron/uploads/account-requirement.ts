import type { AccountRequirement } from '../accounts/upload-account.ts'
import { isStored, type UploadRecord } from '../journal/upload-record.ts'

/** What an upload asks of an account. Once storage has the whole object only registering is left, which any can do. */
export function accountRequirement(
  { accountId, team, identity, state }: UploadRecord,
  singlePutLimitBytes: (accountId: string) => number,
): AccountRequirement {
  const goesInParts = state.kind === 'multipart-open' || identity.sizeBytes > singlePutLimitBytes(accountId)
  return { accountId, teamId: team.id, needsParts: !isStored(state) && goesInParts }
}
