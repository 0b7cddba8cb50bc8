using System.Diagnostics.CodeAnalysis;

namespace IrohMoq.Reactive.Endpoints;

/// <summary>A relay's URL as iroh writes it: scheme and host in lower case, no default port, a path of at least "/".</summary>
internal static class RelayUrl
{
    public static bool TryNormalize(string text, [NotNullWhen(true)] out string? url)
    {
        url = null;
        // On Unix, Uri takes "/etc/passwd" for an absolute URL; here a URL says its scheme.
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !text.AsSpan().TrimStart().StartsWith($"{uri.Scheme}:", StringComparison.OrdinalIgnoreCase))
            return false;

        var normalized = uri.AbsoluteUri;
        // AbsoluteUri keeps a host's Unicode letters; on the wire they are in their ASCII form.
        if (uri.IdnHost != uri.Host && uri.HostNameType == UriHostNameType.Dns)
            normalized = new UriBuilder(uri) { Host = uri.IdnHost }.Uri.AbsoluteUri;
        url = normalized;
        return true;
    }
}
