import type { UploadRow } from '../../../electron/contract/uploads.ts'
import type { AppState } from '../../app/app-state.svelte.ts'
import { privateCases } from '../details/model-facts-state.svelte.ts'
import { existingText } from '../details/path-conflict.ts'
import type { ReviewFile } from './review-lines.ts'

type Services = Pick<AppState, 'language' | 'queue' | 'review'>

/** What the review says about a file, the most important first; empty if there is nothing to say. */
export function reviewNote(row: UploadRow, services: Services): string {
  const { language, review } = services
  const { t } = language
  const notes = review.factsOf(row.id).map((facts) => noteOf(row, facts, services))
  const decided = row.decided ? [t('review.decided', { choice: row.decided })] : []
  return [...notes, ...decided].filter(Boolean).join(' · ')
}

function noteOf(row: UploadRow, facts: ReviewFile, { language, queue }: Services): string {
  const { t, failureText } = language
  switch (facts.kind) {
    case 'path-conflict':
      return takenText(row, { language, queue })
    case 'broken':
    case 'unsafe':
    case 'outside':
      return row.failure ? failureText(row.failure, 'review') : ''
    case 'duplicate': {
      const original = queue.rows.get(facts.of)?.target.displayName ?? facts.of
      return t('review.duplicate', { name: original, isCertain: facts.isCertain ? 'yes' : 'no' })
    }
    case 'in-library':
      return t('review.in-library', { name: facts.name, isCertain: facts.isCertain ? 'yes' : 'no' })
    case 'private-content':
      return facts.content.map((content) => t('review.private', { what: privateCases[content] })).join(' · ')
    case 'licence':
      return facts.licence
    // Its icon says it.
    case 'missing-companion':
      return ''
  }
}

function takenText({ failure, team }: UploadRow, { language, queue }: Omit<Services, 'review'>): string {
  if (!failure) return ''
  const other = queue.rows.get(String(failure.params['uploadId']))
  const here = other?.phase === 'review' ? 'drop' : 'list'
  const where = failure.code === 'path-taken-here' ? here : 'library'
  return language.t('review.taken', { where, team: team.name, name: existingText(failure, language) })
}
