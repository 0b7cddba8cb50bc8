using System.Diagnostics.CodeAnalysis;

namespace IrohMoq.Reactive.Endpoints;

/// <summary>
/// Normalizes the URL of a relay by the rules of iroh: scheme and host in lower case, no default port, and a path of at least "/".
/// </summary>
internal static class RelayUrl
{
    // Uri needs a second pass for some unusual texts (a fragment that ends in spaces). A text in normal form does not change.
    private const int Passes = 4;

    public static bool TryNormalize(string text, [NotNullWhen(true)] out string? url)
    {
        var current = text;
        for (var pass = 0; pass < Passes && TryPass(current, out var next); pass++)
        {
            if (next == current)
            {
                url = current;
                return true;
            }

            current = next;
        }

        url = null;
        return false;
    }

    private static bool TryPass(string text, out string url)
    {
        url = "";
        // On Unix, Uri accepts "/etc/passwd" as an absolute URL; here a URL must contain its scheme.
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || !text.AsSpan().TrimStart().StartsWith($"{uri.Scheme}:", StringComparison.OrdinalIgnoreCase))
            return false;

        // AbsoluteUri keeps Unicode characters in the host name; iroh writes them in their ASCII form.
        var isAscii = uri.HostNameType != UriHostNameType.Dns || uri.IdnHost == uri.Host;
        url = (isAscii ? uri : new UriBuilder(uri) { Host = uri.IdnHost }.Uri).AbsoluteUri;
        return true;
    }
}
