// What @moq/net takes from newer JavaScript and Node 20 lacks. Imported before it.

Promise.withResolvers ??= function withResolvers() {
  let resolve, reject;
  const promise = new this((yes, no) => { resolve = yes; reject = no; });
  return { promise, resolve, reject };
};

Set.prototype.difference ??= function difference(other) {
  return new Set([...this].filter((item) => !other.has(item)));
};
