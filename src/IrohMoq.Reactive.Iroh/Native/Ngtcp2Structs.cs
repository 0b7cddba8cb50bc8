using System.Runtime.InteropServices;

namespace IrohMoq.Reactive.Iroh.Native;

// The structures of ngtcp2 1.x, version 1 of each, as an LP64 C compiler lays them out. A test compares their sizes and offsets with those
// of the header. Later versions of the library only append fields, under higher version numbers. The library aborts the process if it does
// not know the passed version number, so always pass version 1.

/// <summary>Represents the native ngtcp2_cid structure, a connection id.</summary>
internal unsafe struct NgCid
{
    public const int MaxLength = 20;

    public nuint Length;
    public fixed byte Data[MaxLength];
}

/// <summary>Represents the native ngtcp2_vec structure, a buffer of stream data.</summary>
internal unsafe struct NgVec
{
    public byte* Base;
    public nuint Length;
}

/// <summary>Represents the native ngtcp2_pkt_info structure, the metadata of a packet.</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal struct NgPacketInfo
{
    public byte Ecn;
}

/// <summary>Represents the native ngtcp2_addr structure, a socket address.</summary>
internal unsafe struct NgAddr
{
    public void* Address;
    public uint Length;
}

/// <summary>Represents the native ngtcp2_path structure, a network path: a local and a remote address.</summary>
internal unsafe struct NgPath
{
    public NgAddr Local;
    public NgAddr Remote;
    public void* UserData;
}

/// <summary>
/// Represents the native ngtcp2_path_storage structure. It contains pointers into itself, so it must be on the stack or in native memory.
/// </summary>
internal unsafe struct NgPathStorage
{
    public NgPath Path;
    public fixed byte LocalBuffer[28];
    public fixed byte RemoteBuffer[28];

    public static void Initialize(NgPathStorage* storage)
    {
        *storage = default;
        storage->Path.Local.Address = storage->LocalBuffer;
        storage->Path.Remote.Address = storage->RemoteBuffer;
    }
}

/// <summary>Represents the native ngtcp2_ccerr structure, the reason for which a connection is closed.</summary>
internal unsafe struct NgCloseError
{
    public const int Transport = 0;
    public const int Application = 1;

    public int Type;
    public ulong Code;
    public ulong FrameType;
    public byte* Reason;
    public nuint ReasonLength;
}

/// <summary>
/// Represents the native ngtcp2_settings structure, the settings of a connection. Version 2 has the last two fields in addition to version
/// 1; see <see cref="Ngtcp2.SettingsVersion"/>.
/// </summary>
internal unsafe struct NgSettings
{
    public void* QlogWrite;
    public int CongestionControl;
    public ulong InitialTimestamp;
    public ulong InitialRtt;
    public void* LogPrintf;
    public nuint MaxTxUdpPayloadSize;
    public byte* Token;
    public nuint TokenLength;
    public int TokenType;
    public void* RandContext;
    public ulong MaxWindow;
    public ulong MaxStreamWindow;
    public nuint AckThreshold;
    public byte NoTxUdpPayloadSizeShaping;
    public ulong HandshakeTimeout;
    public uint* PreferredVersions;
    public nuint PreferredVersionsLength;
    public uint* AvailableVersions;
    public nuint AvailableVersionsLength;
    public uint OriginalVersion;
    public byte NoPmtud;
    public uint InitialPacketNumber;
    public ushort* PmtudProbes;
    public nuint PmtudProbesLength;
}

/// <summary>Represents the native ngtcp2_preferred_addr structure. It is declared only for its size.</summary>
internal unsafe struct NgPreferredAddr
{
    public NgCid Cid;
    public fixed byte Ipv4[16];
    public NgSockaddrIn6 Ipv6;
    public byte Ipv4Present;
    public byte Ipv6Present;
    public fixed byte StatelessResetToken[16];
}

/// <summary>Represents the native sockaddr_in6 structure, aligned to 4 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 28)]
internal struct NgSockaddrIn6
{
    public uint FamilyAndPort;
}

/// <summary>Represents the native ngtcp2_version_info structure. It is declared only for its size.</summary>
internal unsafe struct NgVersionInfo
{
    public uint ChosenVersion;
    public byte* AvailableVersions;
    public nuint AvailableVersionsLength;
}

/// <summary>Represents version 1 of the native ngtcp2_transport_params structure, the QUIC transport parameters.</summary>
internal unsafe struct NgTransportParams
{
    public NgPreferredAddr PreferredAddr;
    public NgCid OriginalDcid;
    public NgCid InitialScid;
    public NgCid RetryScid;
    public ulong InitialMaxStreamDataBidiLocal;
    public ulong InitialMaxStreamDataBidiRemote;
    public ulong InitialMaxStreamDataUni;
    public ulong InitialMaxData;
    public ulong InitialMaxStreamsBidi;
    public ulong InitialMaxStreamsUni;
    public ulong MaxIdleTimeout;
    public ulong MaxUdpPayloadSize;
    public ulong ActiveConnectionIdLimit;
    public ulong AckDelayExponent;
    public ulong MaxAckDelay;
    public ulong MaxDatagramFrameSize;
    public byte StatelessResetTokenPresent;
    public byte DisableActiveMigration;
    public byte OriginalDcidPresent;
    public byte InitialScidPresent;
    public byte RetryScidPresent;
    public byte PreferredAddrPresent;
    public fixed byte StatelessResetToken[16];
    public byte GreaseQuicBit;
    public NgVersionInfo VersionInfo;
    public byte VersionInfoPresent;
}

/// <summary>Represents version 1 of the native ngtcp2_callbacks structure: 40 function pointers in the order of the header.</summary>
internal unsafe struct NgCallbacks
{
    public void* ClientInitial;
    public void* RecvClientInitial;
    public void* RecvCryptoData;
    public void* HandshakeCompleted;
    public void* RecvVersionNegotiation;
    public void* Encrypt;
    public void* Decrypt;
    public void* HpMask;
    public void* RecvStreamData;
    public void* AckedStreamDataOffset;
    public void* StreamOpen;
    public void* StreamClose;
    public void* RecvStatelessReset;
    public void* RecvRetry;
    public void* ExtendMaxLocalStreamsBidi;
    public void* ExtendMaxLocalStreamsUni;
    public void* Rand;
    public void* GetNewConnectionId;
    public void* RemoveConnectionId;
    public void* UpdateKey;
    public void* PathValidation;
    public void* SelectPreferredAddr;
    public void* StreamReset;
    public void* ExtendMaxRemoteStreamsBidi;
    public void* ExtendMaxRemoteStreamsUni;
    public void* ExtendMaxStreamData;
    public void* DcidStatus;
    public void* HandshakeConfirmed;
    public void* RecvNewToken;
    public void* DeleteCryptoAeadCtx;
    public void* DeleteCryptoCipherCtx;
    public void* RecvDatagram;
    public void* AckDatagram;
    public void* LostDatagram;
    public void* GetPathChallengeData;
    public void* StreamStopSending;
    public void* VersionNegotiation;
    public void* RecvRxKey;
    public void* RecvTxKey;
    public void* TlsEarlyDataRejected;
}

/// <summary>Represents the native ngtcp2_version_cid structure, the version and the connection ids of a packet.</summary>
internal unsafe struct NgVersionCid
{
    public uint Version;
    public byte* Dcid;
    public nuint DcidLength;
    public byte* Scid;
    public nuint ScidLength;
}

/// <summary>Represents the native ngtcp2_pkt_hd structure, the header of a packet.</summary>
internal unsafe struct NgPacketHeader
{
    public NgCid Dcid;
    public NgCid Scid;
    public long PacketNumber;
    public byte* Token;
    public nuint TokenLength;
    public nuint PacketNumberLength;
    public nuint Length;
    public uint Version;
    public byte Type;
    public byte Flags;
}

/// <summary>
/// Represents version 1 of the native ngtcp2_conn_info structure, the measurements of a connection. Durations are in nanoseconds. Until
/// there is a round-trip sample, the minimum is the largest value of its type and the latest is zero.
/// </summary>
internal struct NgConnectionInfo
{
    public const ulong NoSample = ulong.MaxValue;

    public ulong LatestRtt;
    public ulong MinRtt;
    public ulong SmoothedRtt;
    public ulong RttVariation;
    public ulong CongestionWindow;
    public ulong SlowStartThreshold;
    public ulong BytesInFlight;
}

/// <summary>Represents the native ngtcp2_crypto_conn_ref structure, through which the TLS callbacks find the connection.</summary>
internal unsafe struct NgConnRef
{
    public delegate* unmanaged[Cdecl]<NgConnRef*, void*> GetConn;
    public void* UserData;
}

/// <summary>Represents the native ngtcp2_info structure, the version of the library.</summary>
internal unsafe struct NgInfo
{
    public int Age;
    public int VersionNumber;
    public byte* VersionText;
}
