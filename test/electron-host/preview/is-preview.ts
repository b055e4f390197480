/** True if a person uses the app on the host, as with `npm start`, rather than a test. */
export const isPreview = process.env['ELECTRON_HOST_INTERACTIVE'] === '1'
