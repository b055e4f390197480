import type { CompanionRole, CompanionOffer, MissingCompanion } from '../../electron/contract/companions.ts'
import { joinNames, type Translate } from '../../electron/messages/messages.ts'

/** Values of the `role` parameter of `companion.name`. */
const roles: Readonly<Record<CompanionRole, string>> = {
  'text-encoder': 'text',
  'image-encoder': 'image',
  vae: 'vae',
  'base-model': 'base',
}

export const companionName = ({ role, base }: MissingCompanion, t: Translate) =>
  t('companion.name', { role: roles[role], base })

/** What a row says about what is missing. */
export const needsText = (companions: readonly MissingCompanion[], t: Translate) =>
  t('companion.needs', {
    names: joinNames(
      companions.map((one) => companionName(one, t)),
      t,
    ),
  })

/** What is missing, certainly and probably, in one line. */
export function missingText(companions: readonly MissingCompanion[], t: Translate): string {
  return ([true, false] as const)
    .flatMap((isCertain) => {
      const names = companions
        .filter((one) => one.isCertain === isCertain)
        .map((one) => companionName(one, t))
      return names.length > 0
        ? [t('companion.missing', { isCertain: isCertain ? 'yes' : 'no', names: joinNames(names, t) })]
        : []
    })
    .join(' · ')
}

/**
 * The file to add of each companion, each once. Of several base models none is better than the others, so that
 * the user has to choose one in the details.
 */
export function chosenOffers(companions: readonly MissingCompanion[]): readonly CompanionOffer[] {
  const offers = companions.flatMap(({ role, offers: found }) =>
    role === 'base-model' && found.length > 1 ? [] : found.slice(0, 1),
  )
  return [...new Map(offers.map((offer) => [offer.id, offer])).values()]
}
