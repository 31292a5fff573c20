// A service worker that does nothing. That a browser takes it is what the connection test wants to know.
// @ts-check
