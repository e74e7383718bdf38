/** Of this package, as package.json says. */
export const VERSION = '0.4.0'
