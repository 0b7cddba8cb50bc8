using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Tls;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>Owns the native objects of one connection: the ngtcp2 connection and the GnuTLS session.</summary>
internal sealed unsafe class NativeConnection : IDisposable
{
    private const int MaxStreamWindow = 4 << 20;

    private readonly TlsSession _tls;
    private GCHandle _owner;

    /// <summary>Creates the native objects.</summary>
    /// <param name="owner">The object that the callbacks find by the user data of the connection.</param>
    /// <param name="settings">The settings of the endpoint.</param>
    /// <param name="protocols">The application protocols that are offered or accepted.</param>
    /// <param name="path">The first path.</param>
    /// <param name="dcid">The destination connection id of the packets of this side.</param>
    /// <param name="scid">The connection id that this side has chosen for itself.</param>
    /// <param name="first">The header of the first packet of a client, or null to dial.</param>
    /// <param name="retried">
    /// The destination connection id of the packet that was answered with a Retry, if the token in <paramref name="first"/> has been
    /// verified; otherwise, null. A token that has not been verified is not passed to ngtcp2, which would take it for a proof of the
    /// client's address and send more than three times the bytes that have arrived (RFC 9000, section 8.1).
    /// </param>
    /// <param name="now">The current time in nanoseconds.</param>
    /// <exception cref="InvalidOperationException">A native library refused.</exception>
    public NativeConnection(
        ITlsOwner owner, CoreSettings settings, IReadOnlyList<string> protocols, in NetworkPath path, NgCid* dcid, NgCid* scid,
        NgPacketHeader* first, NgCid* retried, ulong now)
    {
        _owner = GCHandle.Alloc(owner);
        var userData = (void*)GCHandle.ToIntPtr(_owner);
        var isServer = first is not null;
        TlsSession? tls = null;
        try
        {
            tls = _tls = new TlsSession(settings.Credentials, protocols, isServer, userData);
            NgSettings native;
            FillSettings(&native, settings, now);
            // The library copies the sizes.
            var probes = stackalloc ushort[PathMtu.Probes.Length];
            PathMtu.Probes.CopyTo(new Span<ushort>(probes, PathMtu.Probes.Length));
            if (Ngtcp2.SettingsVersion >= 2)
            {
                native.PmtudProbes = probes;
                native.PmtudProbesLength = (nuint)PathMtu.Probes.Length;
            }

            NgTransportParams parameters;
            FillParameters(&parameters, settings);
            if (isServer)
            {
                parameters.OriginalDcid = first->Dcid;
                parameters.OriginalDcidPresent = 1;
                if (retried is not null)
                {
                    native.Token = first->Token;
                    native.TokenLength = first->TokenLength;
                    native.TokenType = Ngtcp2.TokenOfRetry;
                    parameters.OriginalDcid = *retried;
                    parameters.RetryScid = first->Dcid;
                    parameters.RetryScidPresent = 1;
                }

                parameters.StatelessResetTokenPresent = 1;
                _ = settings.ResetSecret.TryGenerate(scid, parameters.StatelessResetToken);
            }

            NgPathStorage storage;
            NativePath.Write(path, &storage);
            void* handle;
            var callbacks = CoreCallbacks.For(isServer);
            const int version = (int)Ngtcp2.Version1;
            var settingsVersion = Ngtcp2.SettingsVersion;
            var result = isServer
                ? Ngtcp2.ServerNew(
                    &handle, dcid, scid, &storage.Path, first->Version, version, &callbacks, settingsVersion, &native, version,
                    &parameters, null, userData)
                : Ngtcp2.ClientNew(
                    &handle, dcid, scid, &storage.Path, Ngtcp2.Version1, version, &callbacks, settingsVersion, &native, version,
                    &parameters, null, userData);
            if (result != 0)
                throw new InvalidOperationException($"ngtcp2 refused to create a connection: {Ngtcp2.Describe(result)}.");
            Handle = handle;
            Ngtcp2.SetTlsNativeHandle(handle, tls.Handle);
            Ngtcp2.SetKeepAlive(handle, Nanoseconds(settings.KeepAlive));
        }
        catch
        {
            tls?.Dispose();
            _owner.Free();
            throw;
        }
    }

    /// <summary>Gets the ngtcp2_conn, or null after <see cref="Dispose"/>.</summary>
    public void* Handle { get; private set; }

    /// <summary>Gets the negotiated application protocol, or an empty string if there is none.</summary>
    public string Protocol => _tls.Protocol;

    /// <summary>Gets the slow start threshold in bytes, which changes with each loss that congestion control takes into account.</summary>
    public ulong SlowStartThreshold
    {
        get
        {
            NgConnectionInfo info;
            Ngtcp2.GetConnectionInfo(Handle, (int)Ngtcp2.Version1, &info);
            return info.SlowStartThreshold;
        }
    }

    /// <summary>Returns the owner of a native connection from its user data.</summary>
    public static object OwnerOf(void* userData) => GCHandle.FromIntPtr((nint)userData).Target!;

    public void Dispose()
    {
        if (Handle is null)
            return;
        Ngtcp2.Delete(Handle);
        Handle = null;
        _tls.Dispose();
        _owner.Free();
    }

    private static ulong Nanoseconds(TimeSpan time) => (ulong)time.Ticks * TimeSpan.NanosecondsPerTick;

    private static void FillSettings(NgSettings* native, CoreSettings settings, ulong now)
    {
        Ngtcp2.SettingsDefault(Ngtcp2.SettingsVersion, native);
        native->InitialTimestamp = now;
        native->CongestionControl = settings.CongestionControl switch
        {
            CongestionControl.Reno => Ngtcp2.Reno,
            CongestionControl.Bbr => Ngtcp2.Bbr,
            _ => Ngtcp2.Cubic,
        };
        native->HandshakeTimeout = Nanoseconds(settings.HandshakeTimeout);
        // The windows of a fast reader grow up to these values. The stream window is smaller, because a stream whose credit is withheld
        // later buffers up to a whole window.
        native->MaxStreamWindow = (ulong)Math.Max(settings.StreamWindow, Math.Min(settings.ConnectionWindow, MaxStreamWindow));
        native->MaxWindow = (ulong)settings.ConnectionWindow;
    }

    private static void FillParameters(NgTransportParams* parameters, CoreSettings settings)
    {
        Ngtcp2.TransportParamsDefault((int)Ngtcp2.Version1, parameters);
        parameters->InitialMaxStreamDataBidiLocal = (ulong)settings.StreamWindow;
        parameters->InitialMaxStreamDataBidiRemote = (ulong)settings.StreamWindow;
        parameters->InitialMaxStreamDataUni = (ulong)settings.StreamWindow;
        parameters->InitialMaxData = (ulong)settings.ConnectionWindow;
        parameters->InitialMaxStreamsBidi = (ulong)settings.MaxIncomingBidiStreams;
        parameters->InitialMaxStreamsUni = (ulong)settings.MaxIncomingUniStreams;
        parameters->MaxIdleTimeout = Nanoseconds(settings.IdleTimeout);
        parameters->ActiveConnectionIdLimit = 5;
        // A Rust peer that asks for the datagram size of a peer without this parameter panics.
        parameters->MaxDatagramFrameSize = 65_535;
    }
}
