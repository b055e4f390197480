import type { MessageBoxOptions } from 'electron'
import process from 'node:process'
import type { Account } from '../../contract/account.ts'
import type { ListedItem, UploadConfirmation } from '../../contract/discovery.ts'
import type { Failure } from '../../contract/failures.ts'
import type { Settings } from '../../contract/settings.ts'
import { visibleName, visiblePath, visibleText } from '../../contract/visible-text.ts'
import { formatBytes } from '../../messages/format-size.ts'
import { failureText, type Params, type Translate } from '../../messages/messages.ts'
import type { Language } from '../settings/language.ts'
import type { ProtectiveSetting } from '../settings/page-settings.ts'
import type { AskQuestion, QuestionKind } from './question-queue.ts'

/** Where files go, or which library is changed. */
export interface Destination {
  readonly team: string
  readonly account: string
  /** Host of the team's server. */
  readonly server: string
}

/** Models or files of a question: how many, and those that are known. */
export interface ListedItems {
  readonly count: number
  readonly items: readonly ListedItem[]
}

/** Questions in native dialogs about what the page must not do by itself. */
export interface Confirmations {
  /** Asks whether to upload files that were found by the app rather than picked by the user. */
  confirmSending(question: UploadConfirmation): Promise<boolean>
  /** Asks whether to upload files to a team that were added for another one. */
  confirmOtherTeam(question: UploadConfirmation): Promise<boolean>
  /** Asks whether to add a server, before the first request to it. */
  confirmServer(address: string): Promise<boolean>
  /** Asks whether to add the account of another person. */
  confirmAccount(account: Pick<Account, 'email' | 'name' | 'server'>): Promise<boolean>
  /** Asks whether new models in a folder may be uploaded to a team. */
  confirmWatching(folder: string, destination: Destination): Promise<boolean>
  /** Asks whether to delete models from a team's library. */
  confirmDeleting(models: ListedItems, destination: Destination): Promise<boolean>
  /** Asks whether to upload files of one team with the same finding: they can run code, or are outside. */
  confirmUnsafe(files: readonly UnsafeFile[], destination: Destination): Promise<boolean>
  /** Asks whether these uploads may delete the models that they replace. */
  confirmReplacing(uploads: ListedItems): Promise<boolean>
  /** Asks whether to change settings so that they protect less; `after` are all settings after the change. */
  confirmSettings(weakened: readonly ProtectiveSetting[], after: Settings): Promise<boolean>
  /** Asks whether to restart for an update although commands wait for uploads or answers. */
  confirmRestart(): Promise<boolean>
}

/** A file that can run code or is outside of the added folder, and what was found. */
export interface UnsafeFile extends ListedItem {
  readonly finding: Failure
}

interface Question {
  readonly message: string
  readonly detail: string
  /** The label of the button that confirms. */
  readonly action: string
}

/** More would make a native dialog too long. */
const itemsShown = 5
/** A longer name could contain a sentence. */
const maxListedNameLength = 60

/** @param showMessage returns the index of the clicked button */
export function createConfirmations(
  showMessage: (box: MessageBoxOptions) => Promise<number>,
  ask: AskQuestion,
  language: Language,
): Confirmations {
  /** Cancel is the default, so that a key pressed at the wrong moment confirms nothing. */
  const confirm = (kind: QuestionKind, question: (t: Translate) => Question) =>
    ask(kind, async () => {
      const t = language.translate()
      const { message, detail, action } = question(t)
      const clicked = await showMessage({
        type: 'question',
        message,
        detail,
        buttons: [action, t('dialog.cancel')],
        defaultId: 1,
        cancelId: 1,
        noLink: true,
      })
      return clicked === 0
    })

  return {
    confirmSending: (asked) =>
      confirm('send', (t) =>
        uploadQuestion(asked, language, (part, params) => t(`send-found.${part}`, params)),
      ),
    confirmOtherTeam: (asked) =>
      confirm('other-team', (t) =>
        uploadQuestion(asked, language, (part, params) => t(`other-team.${part}`, params)),
      ),
    confirmServer(address) {
      const { host } = new URL(address)
      return confirm('server', (t) => ({
        message: t('add-server.question', { host }),
        detail: t('add-server.explanation', { address: visibleText(address) }),
        action: t('add-server.add'),
      }))
    },
    confirmAccount({ email, name, server }) {
      const { host } = new URL(server)
      return confirm('account', (t) => ({
        message: t('add-account.question', { account: visibleName(email || name) }),
        detail: t('add-account.explanation', { server: host }),
        action: t('add-account.add'),
      }))
    },
    confirmWatching(folder, destination) {
      const texts = visibleDestination(destination)
      return confirm('watch', (t) => ({
        message: t('watch-folder.question', { folder: visiblePath(folder), ...texts }),
        detail: t('watch-folder.explanation', texts),
        action: t('watch-folder.upload'),
      }))
    },
    confirmDeleting(models, destination) {
      const { count, items } = models
      const texts = { count, ...visibleDestination(destination) }
      const [only] = items
      return confirm('delete', (t) => ({
        message:
          count === 1 && only
            ? t('delete-models.question-one', { name: visibleName(only.name, maxListedNameLength), ...texts })
            : t('delete-models.question', texts),
        detail: withItems(models, t('delete-models.explanation', texts), language),
        action: t('delete-models.delete', { count }),
      }))
    },
    confirmUnsafe: (files, destination) =>
      confirm('unsafe', () => unsafeQuestion(files, destination, language)),
    confirmReplacing: (uploads) =>
      confirm('replace', (t) => ({
        message: t('replace-models.question', { count: uploads.count }),
        detail: withItems(uploads, t('replace-models.explanation'), language),
        action: t('replace-models.replace'),
      })),
    confirmSettings: (weakened, after) =>
      confirm('settings', (t) => ({
        message: t('weaken-settings.question'),
        detail: [...new Set(weakened.map((name) => settingText(name, after, t)))].join('\n\n'),
        action: t('weaken-settings.change'),
      })),
    confirmRestart: () =>
      confirm('restart', (t) => ({
        message: t('restart.question'),
        detail: t('restart.explanation', { isWindows: process.platform === 'win32' ? 'yes' : 'no' }),
        action: t('update.restart'),
      })),
  }
}

/** What a setting is changed to. */
function settingText(
  name: ProtectiveSetting,
  { review, allowedFormats, allowPickles }: Settings,
  t: Translate,
): string {
  switch (name) {
    case 'replacedFate':
      return t('replaced-fate.explanation')
    case 'review':
      return `${t('settings.review')}: ${t(`settings.review-${review}`)}`
    case 'allowedFormats':
    case 'allowPickles': {
      const anyFormat = allowPickles ? 'all' : 'no-pickles'
      const choice = allowedFormats === null ? anyFormat : 'custom'
      return `${t('settings.allowed-files')}: ${t(`settings.allowed-${choice}`)}\n${t('settings.allowed-files-note')}`
    }
    case 'updates':
      return `${t('update.mode')}: ${t('update.off')}`
  }
}

/** Lists the first of several items with path and size, one a line, above an explanation. */
function withItems({ count, items }: ListedItems, explanation: string, language: Language): string {
  const t = language.translate()
  const shown = items.slice(0, itemsShown)
  if (shown.length === 0) return explanation
  const lines = shown.map(({ name, path, sizeBytes }) => {
    const facts = [
      t('names.quoted', { name: visibleName(name, maxListedNameLength) }),
      path === null ? '' : t('names.quoted', { name: visiblePath(path) }),
      sizeBytes === null ? '' : formatBytes(sizeBytes, language.locale()),
    ]
    return `• ${facts.filter(Boolean).join(' · ')}`
  })
  const more = count - shown.length
  return [...lines, ...(more > 0 ? [t('text.more', { count: more })] : []), '', explanation].join('\n')
}

/** The question about uploading files to a team, with its texts from `textOf`. */
function uploadQuestion(
  { count, sizeBytes, items = [], team, server }: UploadConfirmation,
  language: Language,
  textOf: (part: 'question' | 'explanation', params: Params) => string,
): Question {
  const texts = { team: visibleName(team), server }
  return {
    message: textOf('question', { count, sizeBytes, ...texts }),
    detail: withItems({ count, items }, textOf('explanation', texts), language),
    action: language.translate()('send-found.send', { count }),
  }
}

export const isOutside = (file: UnsafeFile | undefined) => file?.finding.code === 'file-outside'

/** One file is named with what was found in it. */
function unsafeQuestion(
  files: readonly UnsafeFile[],
  destination: Destination,
  language: Language,
): Question {
  const t = language.translate()
  const count = files.length
  const texts = { count, ...visibleDestination(destination) }
  const [only] = count === 1 ? files : []
  const explanation = t('allow-unsafe.explanation', texts)
  const detail = only ? `${failureText(shortened(only.finding), t)}\n\n${explanation}` : explanation
  return {
    message: t('allow-unsafe.question', {
      ...texts,
      name: only ? visibleName(only.name, maxListedNameLength) : '',
      kind: isOutside(files[0]) ? 'outside' : 'code',
    }),
    detail: withItems({ count, items: files }, detail, language),
    action: t('action.upload-anyway', { count }),
  }
}

/** A finding quotes the file, such as the names that a pickle imports. */
const shortened = (finding: Failure): Failure => {
  const params = Object.entries(finding.params).map(([name, value]) => [
    name,
    typeof value === 'string' ? visiblePath(value) : value,
  ])
  return { ...finding, params: Object.fromEntries(params) as Failure['params'] }
}

/** Team and account are named by the server. */
const visibleDestination = ({ team, account, server }: Destination) => ({
  team: visibleName(team),
  account: visibleName(account),
  server,
})
