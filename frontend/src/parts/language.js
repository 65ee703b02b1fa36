/** Take the choice of a language out of the address once a cookie remembers it: links to this page
 * are then read by everybody in their own language. */
export function language() {
  const address = new URL(location.href);
  const chosen = ["lang", "content"].filter((name) => address.searchParams.has(name));
  if (!chosen.length || !remembered(chosen)) return;
  for (const name of chosen) address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}

function remembered(names) {
  return names.every((name) => document.cookie.includes(`kg-${name}=`));
}
