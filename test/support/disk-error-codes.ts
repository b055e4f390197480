/** Error codes of a disk or file server that is gone. */
export const diskErrorCodes = [
  'EIO',
  'ENODEV',
  'ENXIO',
  'ESTALE',
  'ENOTCONN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'ECONNRESET',
  'ECONNABORTED',
  'ENETDOWN',
  'ENETUNREACH',
  'ESHUTDOWN',
] as const
