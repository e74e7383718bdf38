/**
 * The tag of the script that is running, for what is built as one. To be imported by its entry, since only while a script
 * runs is `currentScript` its own; module scripts and workers have none.
 */
export const ownScript = typeof document === 'undefined' ? null : (document.currentScript as HTMLScriptElement | null)
