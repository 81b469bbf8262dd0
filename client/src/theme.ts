const dark = matchMedia('(prefers-color-scheme: dark)');

/** Keeps Bootstrap's colours on the system's setting. */
export function followColorScheme(): void {
  document.documentElement.dataset.bsTheme = dark.matches ? 'dark' : 'light';
  dark.onchange = followColorScheme;
}
