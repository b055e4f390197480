export const trayStates = ['idle', 'sending', 'paused', 'attention'] as const
export type TrayState = (typeof trayStates)[number]

/** The cargo of each state, on the 22-point grid of a menu bar, with edges on whole points. */
const cargo: Readonly<Record<TrayState, string>> = {
  idle: '<path d="M6 5h7v6H6z"/>',
  sending: '<path d="M9.500 1 14 6h-3v5H8V6H5z"/>',
  paused: '<path d="M6 4h3v7H6zM11 4h3v7h-3z"/>',
  attention: '<path d="M8 1h3v6H8zM8 8.500h3v2.500H8z"/>',
}

/** Steps of the progress bar; must match electron/desktop/tray/tray-state.ts. */
export const progressSteps = 8

/** A bar in place of the water that fills from left to right, on whole points. */
function progressBar(step: number, colour: string): string {
  const [left, width] = [2, 18]
  const full = Math.round((width * step) / progressSteps)
  return `<path fill="${colour}" fill-opacity=".35" d="M${left} 19h${width}v2H${left}z"/>
  <path fill="${colour}" d="M${left} 19h${full}v2H${left}z"/>`
}

const water = (colour: string) =>
  `<path fill="none" stroke="${colour}" stroke-width="1.500" stroke-linecap="round" d="M2 20c1.900 0 1.900-1 3.700-1s1.800 1 3.600 1 1.900-1 3.700-1 1.800 1 3.600 1 1.500-.7 3-1"/>`

/**
 * Returns the tray icon as an SVG.
 * @param colour colour of the ferry
 * @param accent colour of the cargo when attention is needed; equal to `colour` for a template image
 * @param step progress step, for the sending state
 */
export function trayGlyph(state: TrayState, colour: string, accent: string, step?: number): string {
  const cargoColour = state === 'attention' ? accent : colour
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 22 22">
  <g fill="${cargoColour}">${cargo[state]}</g>
  <path fill="${colour}" d="M2 12h12.500c2.300 0 4.100-.5 5.700-1.600-.1 2.600-.9 4.700-2.300 6.400-1 .2-1.700-.8-3.100-.8-1.900 0-2 1-3.800 1s-1.900-1-3.800-1c-1.500 0-1.900.7-3 .9C2.900 15.600 2.200 13.900 2 12z"/>
  ${step === undefined ? water(colour) : progressBar(step, colour)}
</svg>`
}
