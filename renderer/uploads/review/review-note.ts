import type { UploadRow } from '../../../electron/contract/uploads.ts'
import type { AppState } from '../../app/app-state.svelte.ts'
import { privateCases } from '../details/model-facts-state.svelte.ts'
import { existingText } from '../details/path-conflict.ts'
import type { ReviewFile } from './review-lines.ts'

type Services = Pick<AppState, 'language' | 'queue' | 'review'>

/** What the review says about a file, the most important first; empty if there is nothing to say. */
export function reviewNote(row: UploadRow, services: Services): string {
  const notes = services.review.factsOf(row.id).map((facts) => noteOf(row, facts, services))
  return [decidedText(row, services), ...notes].filter(Boolean).join(' · ')
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

function decidedText({ decided, team }: UploadRow, { language }: Services): string {
  if (!decided) return ''
  const { name = '', suggestion = '' } = decided.conflict.params
  return language.t('review.decided', { choice: decided.choice, name, team: team.name, path: suggestion })
}

function takenText({ failure }: UploadRow, { language, queue }: Omit<Services, 'review'>): string {
  if (!failure) return ''
  const other = queue.rows.get(String(failure.params['uploadId']))
  const here = other?.phase === 'review' ? 'drop' : 'list'
  const where = failure.code === 'path-taken-here' ? here : 'library'
  return language.t('review.taken', { where, name: existingText(failure, language) })
}
