using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace IrohMoq.Reactive;

/// <summary>Specifies which certificates of a server that is dialed by its name are accepted.</summary>
public sealed class ServerValidation
{
    private readonly ImmutableArray<X509Certificate2> _roots;
    private readonly ImmutableArray<byte[]> _hashes;

    private ServerValidation(ImmutableArray<X509Certificate2> roots, ImmutableArray<byte[]> hashes)
    {
        _roots = roots;
        _hashes = hashes;
    }

    /// <summary>
    /// Gets the validation that accepts certificates for the name of the server from the authorities that the operating system trusts.
    /// </summary>
    public static ServerValidation Default { get; } = new([], []);

    /// <summary>Gets the roots that are trusted instead of those of the operating system, or null.</summary>
    internal X509ChainPolicy? ChainPolicy
    {
        get
        {
            if (_roots.IsEmpty)
                return null;
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.AddRange(_roots.ToArray());
            return policy;
        }
    }

    /// <summary>Returns the validation that accepts certificates for the name of the server from the given authorities only.</summary>
    /// <param name="roots">The certificates of the authorities, at least one. They must not be disposed while they are in use.</param>
    /// <exception cref="ArgumentException">No certificate is given.</exception>
    public static ServerValidation FromRoots(params ReadOnlySpan<X509Certificate2> roots) => roots.IsEmpty
        ? throw new ArgumentException("At least one root certificate is needed.", nameof(roots))
        : new ServerValidation([.. roots], []);

    /// <summary>
    /// Returns the validation that accepts the given certificates only, for any name, while they are valid. Such a certificate may be
    /// self-signed.
    /// </summary>
    /// <param name="hashes">The SHA-256 hashes of the certificates in DER form, of 32 bytes each, at least one.</param>
    /// <exception cref="ArgumentException">No hash is given, or a hash does not have 32 bytes.</exception>
    public static ServerValidation FromHashes(params ReadOnlySpan<byte[]> hashes)
    {
        if (hashes.IsEmpty)
            throw new ArgumentException("At least one hash is needed.", nameof(hashes));
        foreach (var hash in hashes)
        {
            if (hash is not { Length: SHA256.HashSizeInBytes })
                throw new ArgumentException($"A SHA-256 hash has {SHA256.HashSizeInBytes} bytes.", nameof(hashes));
        }

        var copies = ImmutableArray.CreateBuilder<byte[]>(hashes.Length);
        foreach (var hash in hashes)
            copies.Add([.. hash]);
        return new ServerValidation([], copies.ToImmutable());
    }

    /// <summary>Returns the reason why a certificate is not accepted, or null if it is accepted.</summary>
    /// <param name="presented">The certificate that the server has presented.</param>
    /// <param name="errors">The errors that the validation by name and authority has found.</param>
    /// <param name="now">The current time.</param>
    internal string? ProblemOf(X509Certificate? presented, SslPolicyErrors errors, DateTimeOffset now)
    {
        if (presented is not X509Certificate2 certificate)
            return "the server presented no certificate";
        if (_hashes.IsEmpty)
            return errors == SslPolicyErrors.None ? null : $"its certificate is not trusted ({errors})";
        if (now.UtcDateTime < certificate.NotBefore.ToUniversalTime() || now.UtcDateTime > certificate.NotAfter.ToUniversalTime())
            return "its certificate has expired or is not yet valid";
        var hash = SHA256.HashData(certificate.RawData);
        return _hashes.Any(expected => hash.AsSpan().SequenceEqual(expected))
            ? null
            : $"its certificate has the SHA-256 hash {Convert.ToHexStringLower(hash)}, which is not expected";
    }
}
