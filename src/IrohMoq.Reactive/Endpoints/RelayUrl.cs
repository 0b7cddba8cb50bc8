using System.Diagnostics.CodeAnalysis;

namespace IrohMoq.Reactive.Endpoints;

/// <summary>Normalizes the URL of a relay as iroh does: scheme and host in lower case, no default port, a path of at least "/".</summary>
internal static class RelayUrl
{
    // Uri changes some odd texts (a fragment that ends in blanks) once more in a second pass. What is in normal form stays as it is.
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
        // On Unix, Uri takes "/etc/passwd" for an absolute URL; here a URL says its scheme.
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || !text.AsSpan().TrimStart().StartsWith($"{uri.Scheme}:", StringComparison.OrdinalIgnoreCase))
            return false;

        // AbsoluteUri keeps a host's Unicode letters; iroh writes them in their ASCII form.
        var isAscii = uri.HostNameType != UriHostNameType.Dns || uri.IdnHost == uri.Host;
        url = (isAscii ? uri : new UriBuilder(uri) { Host = uri.IdnHost }.Uri).AbsoluteUri;
        return true;
    }
}
