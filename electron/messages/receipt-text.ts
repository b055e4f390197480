import type { Receipt } from '../contract/receipt.ts'
import { visibleText } from '../contract/visible-text.ts'
import type { Translate } from './messages.ts'

/** A receipt as text for people, one fact on each line. Times are in UTC. */
export function receiptText(receipt: Receipt, t: Translate): string {
  const { file, model, partOf, team, server, storageKey, addedAt, registeredAt, verifiedAt } = receipt
  const facts: readonly (readonly [label: string, value: string | null])[] = [
    [t('details.file'), file.name],
    [t('details.size'), t('size.exact', { count: file.sizeBytes })],
    [t('details.sha256'), file.sha256],
    [t('receipt.model'), model.name],
    [t('details.group'), partOf ? t('group.title', { kind: partOf.kind, name: partOf.name }) : null],
    [t('field.type'), model.type],
    [t('field.path'), model.path],
    [t('details.model-id'), model.id],
    [t('field.team'), `${team.name} (${team.id})`],
    [t('receipt.server'), server],
    [t('details.storage-key'), storageKey],
    [t('receipt.added'), addedAt],
    [t('receipt.registered'), registeredAt],
    [t('details.verification'), t(verifiedAt === null ? 'verification.pending' : 'verification.verified')],
    [t('receipt.verified-at'), verifiedAt],
  ]
  const lines = facts.flatMap(([label, value]) => (value === null ? [] : [`${label}: ${visibleText(value)}`]))
  return [t('receipt.title'), ...lines, ''].join('\n')
}
